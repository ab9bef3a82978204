"""Data for photos and scans trained from scratch (above 64 px): a window of its own from each picture, mirror, slight turn.

The whole picture is squashed to IMAGE_SIZE at prediction, so nothing at its edges is lost.
"""

from improve_harness import ops
from improve_harness.contract import batched

IMAGE_SIZE = 64  # px, or (height, width); chosen from the stored size and the budget
FLIP = 0.5  # share of mirrored pictures; 0 where left and right mean something
AREA = (0.5, 1.0)  # share of the picture in a training window; smaller helps long trainings and hurts small objects
ASPECT = (0.8, 1.25)  # of the window, relative to the picture's
TURN = 10  # degrees to either side
CUTOUT = 1 / 4  # of the side; only for trainings long enough to need it
CUTOUT_EPOCHS = 30  # passes over the data from which cutout pays


def train_transform(info):
    height, width = (IMAGE_SIZE, IMAGE_SIZE) if isinstance(IMAGE_SIZE, int) else IMAGE_SIZE
    hole = round(CUTOUT * min(height, width)) if epochs(info, height * width) >= CUTOUT_EPOCHS else 0

    def augment(images):
        windows = ops.random_resized_crop(images, (height, width), scale=AREA, ratio=ASPECT)
        turned = ops.random_affine(ops.random_flip(windows, FLIP), degrees=TURN)
        return ops.cutout(ops.normalize(turned, info.mean, info.std), hole, value=0.0)

    return batched(augment)


def eval_transform(info):
    return ops.EvalTransform(IMAGE_SIZE, info.mean, info.std)


def tta(info):
    views = [lambda images: images]
    return [*views, lambda images: images.flip(-1)] if FLIP else views


def epochs(info, pixels):
    """Rough passes over the data that the budget allows."""
    return info.train_seconds * info.reference_speed * 784 / pixels / max(1, info.train_count)
