"""The step of step.seg in PyTorch: DistributedDataParallel on gloo, a thread for each process, batch norm over the batch
of all processes. Run by bench.pl; torch's own SyncBatchNorm refuses the processor, so that it is written here with the
same two sums.

    python3 Benchmarks/mpi/ddp.py MODEL BATCH SIZE [REPETITIONS [PROCESSES]]
"""

import os
import statistics
import sys
import time

import torch
import torch.distributed as dist
import torch.nn.functional as F

try:
    import torchvision
except RuntimeError:
    # The compiled part of this torchvision does not fit this torch: only two operations are missing.
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision


class WholeBatchNorm(torch.autograd.Function):
    """Batch norm by the statistics of all processes; one sum forward, one backward."""

    @staticmethod
    def forward(ctx, x, weight, bias, eps):
        n = x.numel() // x.shape[1] * dist.get_world_size()
        sums = torch.stack([x.sum((0, 2, 3)), (x * x).sum((0, 2, 3))])
        dist.all_reduce(sums)
        mean = sums[0] / n
        variance = (sums[1] / n - mean * mean).clamp_min(0)
        inverse = torch.rsqrt(variance + eps)
        ctx.save_for_backward(x, weight, mean, inverse)
        ctx.n = n
        ctx.mark_non_differentiable(mean, variance)
        return torch.batch_norm_elemt(x, weight, bias, mean, inverse, eps) if x.is_cuda else torch.addcmul(
            (bias - mean * inverse * weight)[:, None, None], x, (inverse * weight)[:, None, None]), mean, variance

    @staticmethod
    def backward(ctx, g, *_):
        x, weight, mean, inverse = ctx.saved_tensors
        centred = (x - mean[:, None, None]) * inverse[:, None, None]
        own = torch.stack([g.sum((0, 2, 3)), (g * centred).sum((0, 2, 3))])
        sums = own.clone()
        dist.all_reduce(sums)
        means = (sums / ctx.n)[:, :, None, None]
        return (g - means[0] - centred * means[1]) * (weight * inverse)[:, None, None], own[1], own[0], None


class SyncNorm(torch.nn.BatchNorm2d):
    def forward(self, x):
        if not self.training:
            return super().forward(x)
        y, mean, variance = WholeBatchNorm.apply(x, self.weight, self.bias, self.eps)
        with torch.no_grad():
            self.running_mean.lerp_(mean, 0.1)
            self.running_var.lerp_(variance, 0.1)
        return y


def synchronised(module):
    for key, child in module.named_children():
        if isinstance(child, torch.nn.BatchNorm2d):
            new = SyncNorm(child.num_features, child.eps)
            new.load_state_dict(child.state_dict())
            setattr(module, key, new)
        else:
            synchronised(child)
    return module


def work(rank, processes, name, batch, size, repetitions, port):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), GLOO_SOCKET_IFNAME="lo")
    dist.init_process_group("gloo", rank=rank, world_size=processes)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    models = torchvision.models.segmentation
    make = {"lraspp": models.lraspp_mobilenet_v3_large, "deeplab": models.deeplabv3_resnet101,
            "fcn": models.fcn_resnet101}[name]
    model = synchronised(make(weights=None, weights_backbone=None, num_classes=32)).to(
        memory_format=torch.channels_last).train()
    model = torch.nn.parallel.DistributedDataParallel(model, broadcast_buffers=False)
    own = batch // processes
    x = (torch.rand(own, 3, size, size) - 0.5).to(memory_format=torch.channels_last)
    masks = torch.randint(0, 32, (own, size, size))
    optimizer = torch.optim.Adam(model.parameters())
    times = []
    for _ in range(repetitions + 1):
        dist.barrier()
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        out = model(x)["out"]
        loss = F.cross_entropy(out, masks)
        loss.backward()
        optimizer.step()
        loss.item()
        times.append(1000 * (time.perf_counter() - start))
    if rank == 0:
        print(f"{statistics.median(times[1:]):.1f}")
    dist.destroy_process_group()


if __name__ == "__main__":
    words = sys.argv[1:]
    name, batch, size = words[0], int(words[1]), int(words[2])
    repetitions = int(words[3]) if len(words) > 3 else 5
    processes = int(words[4]) if len(words) > 4 else 2
    port = 20000 + os.getpid() % 20000
    torch.multiprocessing.spawn(work, (processes, name, batch, size, repetitions, port), nprocs=processes)
