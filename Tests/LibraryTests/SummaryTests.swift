// What lists of names show beside each: the first sentence of its help.

import SegRuntime
import Testing

@Test(arguments: [
    ("The sum. Of what?", "The sum"),
    (
        "Focal loss (Lin et al. 2017): hard pixels count more. More.",
        "Focal loss (Lin et al. 2017): hard pixels count more"
    ),
    ("A sentence that goes on\non the next line. And more.", "A sentence that goes on on the next line"),
    ("1.5 times, as in v2.1 of it", "1.5 times, as in v2.1 of it"),
    ("No point\n\n    f(1)  # expect: 2", "No point"),
    ("", ""),
])
func firstSentences(_ text: String, _ expected: String) {
    #expect(firstSentence(text) == expected)
}
