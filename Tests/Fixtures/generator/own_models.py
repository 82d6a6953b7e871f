"""Models that torchvision does not have, written here from their papers, with seg's names of parameters: U-Net
(Ronneberger et al. 2015, with padding), U-Net on a ResNet as segmentation_models_pytorch has it, DeepLabV3+ (Chen
et al. 2018) with torchvision's ASPP, LR-ASPP on MobileNetV2 (Howard et al. 2019)."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from writing import torchvision  # noqa: F401  (importable beside a CPU build of torch)

from torchvision.models import mobilenet_v2, mobilenet_v3_large, resnet50, resnet101
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.segmentation.deeplabv3 import ASPP
from torchvision.models.segmentation.fcn import FCNHead
from torchvision.models.segmentation.lraspp import LRASPP


class Segmenter(nn.Module):
    """Features, a head on all of them or on `out`, and the logits resized to the picture."""

    def __init__(self, backbone, classifier, aux_classifier=None):
        super().__init__()
        self.backbone, self.classifier, self.aux_classifier = backbone, classifier, aux_classifier

    def forward(self, x):
        features = self.backbone(x)

        def logits(y):
            return F.interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=False)

        result = {"out": logits(self.classifier(features))}
        if self.aux_classifier is not None:
            result["aux"] = logits(self.aux_classifier(features["aux"]))
        return result


def double_conv(inputs, outputs, batch_norm=True):
    layers = []
    for channels in (inputs, outputs):
        layers.append(nn.Conv2d(channels, outputs, 3, padding=1, bias=not batch_norm))
        layers += ([nn.BatchNorm2d(outputs)] if batch_norm else []) + [nn.ReLU()]
    return layers


class UNetEncoder(nn.Module):
    def __init__(self, depth, width, batch_norm):
        super().__init__()
        self.stage0 = nn.Sequential(*double_conv(3, width, batch_norm))
        for i in range(1, depth + 1):
            channels = width * 2 ** (i - 1)
            setattr(self, f"stage{i}", nn.Sequential(nn.MaxPool2d(2), *double_conv(channels, 2 * channels, batch_norm)))

    def forward(self, x):
        maps = OrderedDict()
        for name, stage in self.named_children():
            x = maps[name] = stage(x)
        return maps


class UNetHead(nn.Module):
    def __init__(self, channels, classes, batch_norm):
        super().__init__()
        steps = list(reversed(range(len(channels) - 1)))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(channels[i + 1], channels[i], 2, stride=2) for i in steps)
        self.convs = nn.ModuleList(nn.Sequential(*double_conv(2 * channels[i], channels[i], batch_norm)) for i in steps)
        self.classifier = nn.Conv2d(channels[0], classes, 1)

    def forward(self, features):
        x, *skips = reversed(features.values())
        for up, conv, skip in zip(self.ups, self.convs, skips):
            x = up(x)
            x = F.pad(x, [0, skip.shape[3] - x.shape[3], 0, skip.shape[2] - x.shape[2]])
            x = conv(torch.cat([skip, x], dim=1))
        return self.classifier(x)


def unet(num_classes, depth=4, width=64, batch_norm=True):
    channels = [width * 2**i for i in range(depth + 1)]
    return Segmenter(UNetEncoder(depth, width, batch_norm), UNetHead(channels, num_classes, batch_norm))


class UNetResNetHead(nn.Module):
    def __init__(self, channels, classes, widths=(256, 128, 64, 32, 16)):
        super().__init__()
        skips = [*reversed(channels[:-1]), 0]
        inputs = [channels[-1], *widths[:-1]]
        self.convs = nn.ModuleList(nn.Sequential(*double_conv(a + b, w)) for a, b, w in zip(inputs, skips, widths))
        self.classifier = nn.Conv2d(widths[-1], classes, 3, padding=1)

    def forward(self, features):
        x, *skips = reversed(features.values())
        for conv, skip in zip(self.convs, [*skips, None]):
            if skip is None:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
            else:
                x = torch.cat([F.interpolate(x, size=skip.shape[2:], mode="nearest"), skip], dim=1)
            x = conv(x)
        return self.classifier(x)


def unet_resnet(maker, num_classes, aux):
    taps = OrderedDict(relu="stem", layer1="low", layer2="middle", layer3="aux", layer4="high")
    backbone = IntermediateLayerGetter(maker(weights=None), taps)
    return Segmenter(backbone, UNetResNetHead([64, 256, 512, 1024, 2048], num_classes), FCNHead(1024, num_classes) if aux else None)


class DeepLabPlusHead(nn.Module):
    def __init__(self, low, high, classes, rates):
        super().__init__()

        def layers(inputs, outputs, kernel):
            return [nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]

        self.project = nn.Sequential(*layers(low, 48, 1))
        self.aspp = ASPP(high, rates)
        self.classifier = nn.Sequential(*layers(304, 256, 3), *layers(256, 256, 3), nn.Conv2d(256, classes, 1))

    def forward(self, features):
        low = self.project(features["low"])
        high = F.interpolate(self.aspp(features["high"]), size=low.shape[2:], mode="bilinear", align_corners=False)
        return self.classifier(torch.cat([low, high], dim=1))


def deeplabv3plus_resnet(maker, num_classes, aux, output_stride=16):
    net = maker(weights=None, replace_stride_with_dilation=[False, output_stride == 8, True])
    backbone = IntermediateLayerGetter(net, OrderedDict(layer1="low", layer3="aux", layer4="high"))
    rates = [6, 12, 18] if output_stride == 16 else [12, 24, 36]
    head = DeepLabPlusHead(256, 2048, num_classes, rates)
    return Segmenter(backbone, head, FCNHead(1024, num_classes) if aux else None)


def deeplabv3plus_mobilenet_v3_large(num_classes, aux):
    features = mobilenet_v3_large(weights=None, dilated=True).features
    backbone = IntermediateLayerGetter(features, OrderedDict([("3", "low"), ("4", "aux"), ("16", "high")]))
    head = DeepLabPlusHead(24, 960, num_classes, [6, 12, 18])
    return Segmenter(backbone, head, FCNHead(40, num_classes) if aux else None)


def lraspp_mobilenet_v2(num_classes):
    """LR-ASPP on MobileNetV2 (MobileNetV3 paper, section 6.4) at output stride 16:
    features.14 keeps stride 1, features.15-17 run at dilation 2; low branch
    features.6 (32 channels, stride 8), high branch features.18 (1280 channels)."""
    features = mobilenet_v2(weights=None).features
    features[14].conv[1][0].stride = (1, 1)
    for index in (15, 16, 17):
        depthwise = features[index].conv[1][0]
        depthwise.dilation, depthwise.padding = (2, 2), (2, 2)
    backbone = IntermediateLayerGetter(features, OrderedDict([("6", "low"), ("18", "high")]))
    return LRASPP(backbone, low_channels=32, high_channels=1280, num_classes=num_classes)


# By name: a function of the number of classes and of whether there is an auxiliary head. The fixture of U-Net has
# three halvings of eight channels.
MAKERS = {
    "lraspp_mobilenet_v2": lambda classes, aux: lraspp_mobilenet_v2(classes),
    "unet": lambda classes, aux: unet(classes, depth=3, width=8),
    "unet_resnet50": lambda classes, aux: unet_resnet(resnet50, classes, aux),
    "deeplabv3plus_resnet50": lambda classes, aux: deeplabv3plus_resnet(resnet50, classes, aux),
    "deeplabv3plus_mobilenet_v3_large": deeplabv3plus_mobilenet_v3_large,
}
WITHOUT_AUX = ["lraspp_mobilenet_v3_large", "lraspp_mobilenet_v2", "unet"]


def more_counts():
    """Learned parameters of models that have no fixture: name, named arguments in seg, and the number."""
    rows = []
    for depth, width, batch_norm, classes in ((4, 64, True, 21), (4, 64, False, 2), (1, 5, True, 3), (5, 16, True, 32)):
        model = unet(classes, depth, width, batch_norm)
        rows.append(["unet", {"depth": depth, "width": width, "batch_norm": batch_norm, "classes": classes}, model])
    rows.append(["unet_resnet101", {"classes": 32}, unet_resnet(resnet101, 32, False)])
    rows.append(["deeplabv3plus_resnet101", {"classes": 32}, deeplabv3plus_resnet(resnet101, 32, False)])
    rows.append(["deeplabv3plus", {"classes": 21, "aux_loss": True, "output_stride": 8}, deeplabv3plus_resnet(resnet101, 21, True, 8)])
    return [[name, settings, sum(p.numel() for p in model.parameters())] for name, settings, model in rows]
