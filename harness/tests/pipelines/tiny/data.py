"""Data for small pictures (up to 64 px): shift, mirror, cut out; plain normalisation; mirrored views at prediction.

Source of the recipe: the small-image speed records (pad-and-crop, flip, cutout), strengths chosen by picture size and epochs.
"""

from improve_harness import ops
from improve_harness.contract import batched

IMAGE_SIZE = 28  # px, the stored size: nothing is thrown away at this scale
FLIP = 0.5  # share of mirrored pictures; 0 where left and right mean something
LONG_EPOCHS = 10  # passes over the data from which a training is long: it can learn by heart, and stronger changes help it
SHIFT = 1 / 28  # of the side, 1 px at 28; twice that in long trainings (Fashion-MNIST, 4 passes: 1 px +0.4 points over 2 px)
CUTOUT = 1 / 4  # of the side, in long trainings only; it hurts short ones


def train_transform(info):
    height, width = (IMAGE_SIZE, IMAGE_SIZE) if isinstance(IMAGE_SIZE, int) else IMAGE_SIZE
    side = min(height, width)
    is_long = epochs(info, side) >= LONG_EPOCHS
    shift = max(1, round(SHIFT * side * (2 if is_long else 1)))
    hole = round(CUTOUT * side) if is_long else 0

    def augment(images):
        images = ops.fit(images, (height, width))
        images = ops.random_flip(ops.random_crop(images, shift, fill="zero"), FLIP)
        return ops.cutout(ops.normalize(images, info.mean, info.std), hole, value=0.0)

    return batched(augment)


def eval_transform(info):
    return ops.EvalTransform(IMAGE_SIZE, info.mean, info.std)


def tta(info):
    views = [lambda images: images]
    return [*views, lambda images: images.flip(-1)] if FLIP else views


def epochs(info, side):
    """Rough passes over the data that the budget allows."""
    return info.train_seconds * info.reference_speed * (28 / side) ** 2 / max(1, info.train_count)
