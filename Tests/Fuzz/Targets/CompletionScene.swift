// The session in which Tab is pressed: a value of each kind.

enum CompletionScene {
    static let script = """
        numbers = [1, 2, 3]
        settings = (lr=0.1, "two words"=2, nested=(a=[1, 2]))
        labelled = tensor([1, 2], labels=["Road", "Two \\"words\\""])
        ## Doubles a number.
        double(x, times=1) = x * 2 * times
        ## A point.
        type Point(x, y=0) {
            length() = x + y
        }
        point = Point(1)
        layer = Conv2d(1, 1, 1)
        """
}
