"""Sources of pipelines that use the width of the contract."""

DATA_LARGER = """
from improve_harness import ops
from improve_harness.contract import batched

IMAGE_SIZE = (16, 20)  # px, larger than stored

def train_transform(info):
    return batched(lambda images: ops.normalize(ops.random_resized_crop(images, IMAGE_SIZE, scale=(0.8, 1.0)), info.mean, info.std))

def eval_transform(info):
    return ops.EvalTransform(IMAGE_SIZE, info.mean, info.std)
"""

MODEL_AUX = """
import torch
from torch import nn

class TwoHeads(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 32), nn.ReLU())
        self.head, self.aux = nn.Linear(32, classes), nn.Linear(32, 1)

    def forward(self, images):
        features = self.body(images)
        logits = self.head(features)
        return (logits, self.aux(features)) if self.training else logits

def build_model(info):
    return TwoHeads(info.class_count)
"""

TRAINING_AUX = """
import torch
import torch.nn.functional as F
from improve_harness.contract import Training

def configure(model, info):
    groups = [{"params": model.body.parameters(), "lr": 3e-3}, {"params": [*model.head.parameters(), *model.aux.parameters()], "lr": 1e-2}]
    optimizer = torch.optim.AdamW(groups)
    def loss(outputs, targets):
        logits, extra = outputs
        return F.cross_entropy(logits, targets) + 0.01 * extra.square().mean()
    return Training(optimizer=optimizer, schedule=lambda p: 1 - p, loss=loss, batch_size=32)
"""

DATA_MIX = """
from improve_harness import ops
from improve_harness.contract import batched

IMAGE_SIZE = 8

def train_transform(info):
    return batched(lambda images: ops.normalize(ops.random_crop(images, 1), info.mean, info.std))

def eval_transform(info):
    return ops.EvalTransform(IMAGE_SIZE, info.mean, info.std)

def batch_transform(info):
    return lambda images, targets: ops.mixup(images, targets, info.class_count, 0.2)

def sample_weights(info):
    return [1 / max(1, count) for count in info.class_counts]
"""

TRAINING_FIT = """
import torch
import torch.nn.functional as F
from improve_harness.contract import Training

def configure(model, info):
    return Training(torch.optim.AdamW(model.parameters(), lr=3e-3), lambda p: 1.0, F.cross_entropy, batch_size=32)

def fit(model, data, ctx):
    optimizer = ctx.training.optimizer
    batches = data(ctx.training.batch_size)
    for progress in ctx.steps():
        images, targets = next(batches)
        with ctx.autocast():
            logits = model(images)
        loss = ctx.training.loss(logits.float(), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ctx.report(float(loss.detach()))
"""

TRAINING_EMA = """
import torch
import torch.nn.functional as F
from improve_harness.contract import Ema, Training

def configure(model, info):
    matrices = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() <= 1]
    optimizers = [torch.optim.SGD(matrices, lr=0.05, momentum=0.9), torch.optim.AdamW(rest, lr=1e-3)]
    return Training(optimizers, lambda p: 1 - p, F.cross_entropy, batch_size=32, averaging=Ema(0.9), clip_norm=1.0)
"""

DATA_TORCHVISION = """
from torchvision.transforms import v2
import torch
from improve_harness import ops
from improve_harness.contract import per_image

IMAGE_SIZE = 8

def train_transform(info):
    pipeline = v2.Compose([v2.RandomCrop(8, padding=1), v2.ToDtype(torch.float32, scale=True), v2.Normalize(info.mean, info.std)])
    return per_image(pipeline)

def eval_transform(info):
    return ops.EvalTransform(IMAGE_SIZE, info.mean, info.std)
"""
