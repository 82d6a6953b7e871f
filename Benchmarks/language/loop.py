def run():
    total = 0.0
    for i in range(10_000_000):
        total = total + i * 0.5
    return total
print(run())
