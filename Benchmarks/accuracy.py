"""The same as accuracy.seg in PyTorch, channels last: errors of float32 against PyTorch's own float64.

    python3 Benchmarks/accuracy.py [LAYERS]
"""

import random
import sys

import torch
import torch.nn.functional as F

layers = int(sys.argv[1]) if len(sys.argv) > 1 else 20
whole = random.Random(53).randint
torch.manual_seed(53)
torch.set_num_threads(2)

# Channels of input and output, kernel, stride, dilation, groups.
paths = {
    "direct": lambda: (whole(1, 150), whole(1, 150), 1, 1, 1, 1),
    "winograd": lambda: (8 * whole(4, 12), 8 * whole(4, 12), 3, 1, whole(1, 2), 1),
    "wide": lambda: (8 * whole(4, 12), 8 * whole(4, 12), 3, 1, whole(5, 8), 1),
    "pairs": lambda: (8 * whole(4, 12), 8 * whole(4, 12), 3, 1, whole(17, 20), 1),
    "strided": lambda: (whole(1, 60), whole(1, 60), whole(2, 5), 2, 1, 1),
    "dilated": lambda: (whole(20, 60), whole(20, 60), 3, 1, whole(5, 9), 1),
    "grouped": lambda: (24, 36, 3, whole(1, 2), 1, 12),
    "depthwise": lambda: (0, 0, whole(1, 2) * 2 + 1, whole(1, 2), 1, whole(3, 90)),
}


def results(x, w, u, *how):
    x, w = x.clone().requires_grad_(), w.clone().requires_grad_()
    y = F.conv2d(x, w, None, *how)
    y.backward(u)
    return y.detach(), x.grad, w.grad


for path, draw in paths.items():
    worst = [0.0, 0.0, 0.0]
    for _ in range(layers):
        c, o, k, s, d, g = draw()
        c, o = (c, o) if c else (g, g)
        how = (s, d * (k // 2), d, g)
        x = torch.randn(2, c, whole(24, 33), whole(24, 33)).to(memory_format=torch.channels_last)
        w = torch.randn(o, c // g, k, k).to(memory_format=torch.channels_last)
        u = torch.randn_like(F.conv2d(x, w, None, *how))
        for i, (a, b) in enumerate(zip(results(x, w, u, *how), results(x.double(), w.double(), u.double(), *how))):
            worst[i] = max(worst[i], ((a.double() - b).abs().max() / b.abs().max()).item())
    print(path, *worst)
