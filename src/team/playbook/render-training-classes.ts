/** Optimizers and helpers that torch does not have, as the rendered file carries them; constants stand at its head. */

/** torch.optim.Muon takes matrices only, and the weights of a convolution have four dimensions. */
export const MUON = [
  `class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal: every direction of a weight's matrix moves equally far (Jordan et al. 2024).

    Convolutions count as matrices of outputs by inputs, which torch.optim.Muon does not take.
    """

    def __init__(self, weights, lr, weight_decay=0.0):
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                momentum = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                momentum.mul_(MOMENTUM).add_(weight.grad)
                update = orthogonal((weight.grad + MOMENTUM * momentum).flatten(1)).reshape(weight.shape)
                tall = max(1.0, len(weight) / weight[0].numel()) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-group["lr"] * tall)`,
  `def orthogonal(matrix):
    """The nearest matrix with all singular values near 1, by five Newton-Schulz steps with the coefficients of Jordan et al."""
    wide = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    wide = wide / (wide.norm() + 1e-7)
    for _ in range(5):
        square = wide @ wide.T
        wide = 3.4445 * wide + (-4.775 * square + 2.0315 * square @ square) @ wide
    return wide if len(matrix) <= matrix.shape[1] else wide.T`,
]

export const LION = [
  `class Lion(torch.optim.Optimizer):
    """Steps of one size in the direction of the sign of the momentum; decay as a share of the weight (Chen et al. 2023)."""

    def __init__(self, weights, lr, weight_decay=0.0):
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                momentum = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                direction = torch.lerp(weight.grad, momentum, BETAS[0]).sign()
                weight.mul_(1 - group["lr"] * group["weight_decay"]).add_(direction, alpha=-group["lr"])
                momentum.lerp_(weight.grad, 1 - BETAS[1])`,
]

export const LOOKAHEAD = [
  `class Lookahead(torch.optim.Optimizer):
    """Every LOOKAHEAD_STEPS steps draws the weights back to LOOKAHEAD_SHARE of the way that they went (Zhang et al. 2019).

    Stands behind the optimizer that takes the steps, and has no use for the rate.
    """

    def __init__(self, weights):
        super().__init__(weights, {"lr": 1.0})
        self.slow = [weight.detach().clone() for weight in self.param_groups[0]["params"]]
        self.taken = 0

    @torch.no_grad()
    def step(self):
        self.taken += 1
        if self.taken % LOOKAHEAD_STEPS == 0:
            for slow, weight in zip(self.slow, self.param_groups[0]["params"], strict=True):
                weight.copy_(slow.lerp_(weight, LOOKAHEAD_SHARE))`,
]

export const NOISE = [
  `class GradientNoise(torch.optim.Optimizer):
    """Adds noise to the gradients before the next optimizer uses them; its rate is the noise, so the schedule takes it away."""

    def __init__(self, weights):
        super().__init__(weights, {"lr": NOISE})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for gradient in [weight.grad for weight in group["params"] if weight.grad is not None]:
                size = gradient.square().mean().sqrt()
                gradient.add_(torch.randn_like(gradient) * size, alpha=group["lr"])`,
]

export const CENTRED = [
  `def centred(gradient):
    """Without its mean over the inputs of each output (Yong et al. 2020)."""
    return gradient - gradient.mean(dim=tuple(range(1, gradient.dim())), keepdim=True)`,
]
