def run():
    text = ""
    for i in range(300_000):
        text += f"line {i}, "
    parts = []
    for i in range(300_000):
        parts.append(f"{i}")
    return len(text) + len(",".join(parts))
print(run())
