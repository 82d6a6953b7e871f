class Walker:
    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.steps = 0
    def move(self, dx, dy):
        self.x += dx
        self.y += dy
        self.steps += 1
        return self.x
def run():
    walker = Walker(0, 0)
    for i in range(1_500_000):
        walker.move(1, 2)
    return walker.x + walker.y + walker.steps
print(run())
