"""Whether random changes of pictures are drawn for each picture or once for the whole batch, told from batches of copies of one picture.

Copies whose draws are their own can be dealt into batches anew and nothing changes. So the results of some batches are dealt anew many
times: where the batches as they came lie further apart than in every new deal, their pictures share a draw. This holds for draws of any
law, however rare, and beside others that are per picture. An honest transform is the furthest in one round by a chance of
1 / (DEALS + 1) at most, and in ROUNDS rounds by one in 10^10.

Not seen: a shared draw that leaves the chosen picture as it is, that happens in hardly any batch, or that moves pictures far less than
the draws of their own do. A transform whose strength jumps from call to call by a plan of its own is taken for one that draws for batches.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .contract import Images
from .store import Store

BATCHES = 24  # a coin that all pictures of a batch share falls alike in all of them by a chance of 1e-7
COPIES = 8  # in each batch
DEALS = 99  # new deals of the results into batches, in each round
ROUNDS = 5
SEEN_SIDE = 8  # px; larger results are compared shrunk to this, where what a mirror does outlasts a shift
ROUNDING = 1e-4  # of the largest value: smaller differences are no change of the picture
# Pictures among which one is looked for that shows changes. A flip shared beside a crop was seen in 3 of 8 garments (Fashion-MNIST)
# taken as they come, and in 8 of 8 that were each the best of 25.
SEARCHED = 256


def shared_draws(batch_of: Callable[[], Tensor]) -> float | None:
    """How many times as far apart the batches lie as chance would have it, or None where each picture has its own draws.

    `batch_of()` gives the results [COPIES, C, H, W] of one batch of copies of one picture, with draws of its own at each call.
    """
    dealer = torch.Generator().manual_seed(0)  # not torch's global one, which a transform may seed
    found = 0.0
    for _ in range(ROUNDS):  # an honest transform ends at the first, but for one time in DEALS + 1
        observed, dealt = _spreads(torch.stack([_shrunk(batch_of()).flatten(1) for _ in range(BATCHES)]), dealer)
        if observed <= float(dealt.max()) * (1 + 1e-4):
            return None
        found = observed / float(dealt.mean())
    return found


def telling_picture(store: Store, rows: Tensor) -> Tensor:
    """The row, as int64 [1], of the picture among the first that mirrors change most, so that a shared flip shows beside other draws.

    A picture that one mirror leaves alone comes after all that both change, and one of a single colour after all others.
    """
    shown = [_changes(store.gather(row)[0]) for row in rows[:SEARCHED].split(1)]
    best = shown.index(max(shown))
    return rows[best : best + 1]


def copies_of(images: Images, count: int) -> Images:
    """`count` copies of the first picture, in the form that the pictures have."""
    copies = images[0].unsqueeze(0).repeat(count, 1, 1, 1)
    return copies if isinstance(images, Tensor) else list(copies)


def _changes(image: Tensor) -> tuple[float, float, float]:
    """How much the mirrors change a picture [C, h, w], the weaker one first, and how far its values lie apart."""
    seen = _shrunk(image)
    by_mirror = sorted(float((seen - seen.flip(side)).square().mean()) for side in (-1, -2))
    return by_mirror[0], by_mirror[1], float(seen.var(correction=0))


def _spreads(results: Tensor, dealer: torch.Generator) -> tuple[float, Tensor]:
    """How far apart the batches [b, n, values] lie, as they came and in each new deal [DEALS]: sums of squares of the batches' sums."""
    batches, size, _ = results.shape
    values = results.flatten(0, 1)
    scale = float(values.abs().max())
    values = values - values.mean(0)
    if float(values.abs().max()) <= ROUNDING * scale:
        return 0.0, torch.zeros(DEALS)
    alike = values @ values.T  # of any two results; how far apart batches lie follows from it
    deals = torch.stack([torch.arange(len(values)), *(torch.randperm(len(values), generator=dealer) for _ in range(DEALS))])
    members = F.one_hot(torch.arange(len(values)) // size, batches).to(values)  # [results, batches]
    dealt = members[deals]
    sums = (alike @ dealt * dealt).sum((1, 2))
    return float(sums[0]), sums[1:]


def _shrunk(images: Tensor) -> Tensor:
    """float [..., C, h, w] with sides of SEEN_SIDE at most."""
    height, width = (min(SEEN_SIDE, side) for side in images.shape[-2:])
    return F.adaptive_avg_pool2d(images.detach().float(), (height, width))
