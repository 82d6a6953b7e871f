def run():
    point = {"x": 1, "y": 2, "z": 0}
    for i in range(2_000_000):
        point["z"] = point["x"] + point["y"]
        point["x"] = point["z"] - i
    return point["x"]
print(run())
