def run():
    xs = []
    for i in range(1000):
        xs.append(i)
    total = 0
    for round in range(2000):
        for i in range(1000):
            total += xs[i]
            xs[i] = total % 7
    return total
print(run())
