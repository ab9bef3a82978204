/**
 * Sources of small pipelines with one fault each. `built` counts calls of build_model: 1 in the smoke run and in the prediction, 2 in
 * the training proper, so that a fault can wait until the smoke run has passed.
 */

type ModelParts = {
  /** Module level, after the imports. */
  readonly top?: string
  /** Statements of `build_model`. */
  readonly build?: string
  /** Statements of the constructor, after the layers. */
  readonly init?: string
  /** Statements of `forward`, before the layers. */
  readonly before?: string
  /** Statements of `forward`, with the `logits` [n, classes] at hand. */
  readonly after?: string
}

/** A module of the standard library by a way that the static check does not see: the sandbox is what holds. */
export const OUTSIDE = `
def outside(name):
    return getattr(torch, "importlib").import_module(name)
`

export const modelSource = ({ top = '', build = 'pass', init = 'pass', before = 'pass', after = 'pass' }: ModelParts): string => `
import torch
from torch import nn
${top}

class Net(nn.Module):
    built = 0

    def __init__(self, info):
        super().__init__()
        Net.built += 1
        self.stem = nn.Sequential(nn.Conv2d(info.channels, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU())
        self.head = nn.Linear(16 * 16, info.class_count)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)
        self.calls = 0
${indent(init, 8)}

    def forward(self, images):
        self.calls += 1
${indent(before, 8)}
        features = nn.functional.adaptive_avg_pool2d(self.stem(images), 4).flatten(1)
        logits = self.head(features)
${indent(after, 8)}
        return logits


def build_model(info):
${indent(build, 4)}
    return Net(info)
`

/** `augment` gets the uint8 batch `images` and returns floats; `evaluate` gets the normalized floats. */
export const dataSource = ({
  augment = 'return ops.normalize(ops.random_flip(images, 0.5), info.mean, info.std)',
  evaluate = 'return images',
}): string => `
import torch
from improve_harness import ops
from improve_harness.contract import batched
from torch import nn

IMAGE_SIZE = 12


def train_transform(info):
    def augment(images):
${indent(augment, 8)}

    return batched(augment)


class Evaluation(nn.Module):
    def __init__(self, info):
        super().__init__()
        self.inner = ops.EvalTransform(IMAGE_SIZE, info.mean, info.std)

    def forward(self, images):
        images = self.inner(images)
${indent(evaluate, 8)}


def eval_transform(info):
    return Evaluation(info)
`

/** A training of its own schedule and loss. */
export const trainingSource = ({ schedule = 'return 1.0', loss = 'return F.cross_entropy(logits, targets)' }): string => `
import torch
import torch.nn.functional as F
from improve_harness.contract import Training


def configure(model, info):
    return Training(torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9), schedule, loss, batch_size=16)


def schedule(progress):
${indent(schedule, 4)}


def loss(logits, targets):
${indent(loss, 4)}
`

function indent(text: string, width: number): string {
  return text
    .trim()
    .split('\n')
    .map((line) => ' '.repeat(width) + line)
    .join('\n')
}
