def counter(step):
    total = 0
    def next():
        nonlocal total
        total += step
        return total
    return next
def run():
    result = 0
    for i in range(20_000):
        next = counter(i)
        for k in range(50):
            result = next()
    return result
print(run())
