"""pycocotools, zipfile and Pillow on the masks that check_masks.seg wrote.

    python check_masks.py FOLDER
"""

import contextlib
import io
import sys
import zipfile

import numpy
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from bridges import expect, read_tensors, verdict

folder = sys.argv[1]
masks = read_tensors(folder + "/masks.safetensors")

with contextlib.redirect_stdout(io.StringIO()):
    coco = COCO(folder + "/masks.json")
expect("the categories", [c["id"] for c in coco.loadCats(coco.getCatIds())], list(range(1, 33)))
for place, image_id in enumerate(coco.getImgIds()):
    wanted = masks[f"mask{place}"]
    found = numpy.full(wanted.shape, 255)
    for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[image_id])):
        pixels = coco.annToMask(annotation).astype(bool)
        expect("the area", annotation["area"], int(pixels.sum()))
        expect("the box", annotation["bbox"], coco_mask.toBbox(annotation["segmentation"]).tolist())
        # The text is the one that pycocotools writes.
        own = coco_mask.encode(numpy.asfortranarray(pixels.astype("u1")))
        expect("the run lengths", annotation["segmentation"]["counts"].encode(), own["counts"])
        found[pixels] = annotation["category_id"] - 1
    expect(f"mask {place} in JSON", (found == wanted).all(), True)

archive = zipfile.ZipFile(folder + "/masks.zip")
expect("the damaged members", archive.testzip(), None)
labels = [line.split(":") for line in archive.read("labelmap.txt").decode().splitlines() if line and line[0] != "#"]
colors = {tuple(map(int, label[1].split(","))): place for place, label in enumerate(labels)}
expect("the first label", labels[0][:2], ["background", "0,0,0"])
names = archive.read("ImageSets/Segmentation/default.txt").decode().split()
for place, name in enumerate(names):
    wanted = masks[f"mask{place}"]
    picture = numpy.array(Image.open(archive.open(f"SegmentationClass/{name}.png")))
    found = numpy.array([[colors[tuple(pixel)] for pixel in row] for row in picture.tolist()])
    # Background is label 0, the classes follow.
    expect(f"mask {place} in the zip", (found == numpy.where(wanted == 255, 0, wanted + 1)).all(), True)

palette = Image.open(folder + "/palette.png")
expect("the palette PNG", palette.mode, "P")
expect("its values", (numpy.array(palette) == masks["mask0"]).all(), True)
verdict()
