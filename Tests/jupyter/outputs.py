"""Compares the outputs of the tutorial's notebook with the expectations in the page.

    python outputs.py NOTEBOOK PAGE
"""
import json
import re
import sys

cells = [c for c in json.load(open(sys.argv[1]))["cells"] if c["cell_type"] == "code"]
outputs = [o for cell in cells for o in cell["outputs"]]
for output in outputs:
    if output["output_type"] == "error":
        sys.exit("\n".join(output["traceback"]))
text = "".join("".join(o["text"]) for o in outputs if o.get("name") == "stdout")
for wanted in re.findall(r"# expect: (.*)", open(sys.argv[2]).read()):
    if f"{wanted}\n" not in text:
        sys.exit(f"nothing printed {wanted}")
pictures = sum("image/png" in o.get("data", {}) for o in outputs)
if pictures < 4:
    sys.exit(f"{pictures} pictures")
if not all(o["metadata"]["image/png"]["width"] > 100 for o in outputs if "image/png" in o.get("data", {})):
    sys.exit("a picture is too small")
print("as the tutorial says")
