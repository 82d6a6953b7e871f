// What a Swift program can do with an interpreter: run text, pass functions and values to it, read
// values, catch errors with their positions, stop it from another thread, and use two interpreters at
// once. Each part checks its result; the exit status is 1 if a result is not the expected one.

@preconcurrency import Glibc
import Seg

setvbuf(stdout, nil, _IOLBF, 0)

/// Prints the result of a part, and exits if it is not the expected one.
func show(_ what: String, _ given: String, expected: String) {
    print("\(what): \(given)")
    guard given == expected else {
        print("  but it should be: \(expected)")
        exit(1)
    }
}

// An interpreter with the whole library. Everything that it runs must be inside one call of
// `withTensors`, which activates the interpreter's tensor settings on this thread.
func valuesAndFunctions() throws {
    let seg = Interpreter.standard()
    var printed = ""
    seg.output = { printed += $0 }
    try seg.withTensors {
        // The value of a text is the value of its last expression.
        let sum = try seg.run("x = 20; x + 22", name: "first.seg")
        show("a value", try seg.line(sum ?? .nilValue), expected: "42")

        // Scripts print through `output`.
        try seg.run("for i in 1...3 { print(\"line {i}\") }")
        show(
            "printed", String(printed.split(separator: "\n").joined(separator: ", ")),
            expected: "line 1, line 2, line 3")

        // Passes values to the script by name.
        seg["counts"] = try .tensor([90, 10], shape: [2], labels: ["Road", "Car"])
        seg["folder"] = .string("frames")
        let weights = try seg.run("inverse_frequency(counts)") ?? .nilValue
        let numbers = try seg.doubles(weights)?.map { "\($0.rounded())" }.joined(separator: " ")
        show("a tensor back", numbers ?? "none", expected: "1.0 10.0")

        // A function of the program: the signature defines arity, names and defaults.
        try seg.define(
            Native("brightest(values, at_least=0)", "The largest of some numbers, or nil below a limit.") {
                call in
                let limit = try call.number(1)
                let largest = (try call.numbers(0) ?? []).max() ?? -.infinity
                return largest < limit ? .nilValue : .number(largest)
            })
        let called = try seg.run("[brightest([3, 9, 4]), [1, 2].brightest(at_least=5)]") ?? .nilValue
        show("a function of the program", try seg.line(called), expected: "[9, nil]")

        // Calls a function of the script.
        try seg.run("half(x) = x / 2")
        if let half = seg["half"] {
            show("a function of the script", try seg.line(try seg.call(half, [.number(9)])), expected: "4.5")
        }
    }
}

// An error has a kind and a position, and can be rendered as the command shows it.
func errorsWithPlaces() throws {
    let seg = Interpreter.standard()
    try seg.define(
        Native("positive(x)", "x, if it is above 0.") { call in
            let x = try call.number(0)
            guard x > 0 else { throw call.bad(0, "should be above 0, got \(x)") }
            return .number(x)
        })
    seg.withTensors {
        do {
            try seg.run("y = 2\nz = positive(y - 3)\n", name: "signs.seg")
            print("an error was expected")
            exit(1)
        } catch let error as ScriptError {
            let diagnostic = error.diagnostic
            if let location = diagnostic.location {
                let (line, column) = location.source.position(of: Int(location.span.start))
                let place =
                    "\(diagnostic.kind) in \(location.source.name), line \(line), column \(column), "
                    + "at \(location.source.text(location.span))"
                show("an error", place, expected: "value in signs.seg, line 2, column 14, at y - 3")
            }
            print(diagnostic.rendered())
        } catch {
            print("another error: \(error)")
            exit(1)
        }
        // Checks a text without running it.
        let found = seg.check(Source(name: "t.seg", text: "print(nothing)\nzeros(2, dtpe=int32)"))
        show(
            "a check", found.map(\.message).joined(separator: "; "),
            expected: "there is nothing called `nothing`; zeros has no argument dtpe")
    }
}

// Only the flag may be used from another thread: it stops the running script at a safe point.
func stoppedFromOutside() {
    let flag = InterruptFlag()
    let seg = Interpreter.standard(interruptFlag: flag)
    let stopper = start {
        usleep(200_000)
        flag.raise()
    }
    seg.withTensors {
        do {
            try seg.run("turns = 0\nwhile true { turns += 1 }", name: "endless.seg")
        } catch let error as ScriptError {
            show("stopped by", "\(error.diagnostic.kind)", expected: "interrupt")
        } catch {
            print("another error: \(error)")
        }
        // The values of the session are kept.
        let turns = seg["turns"].flatMap { try? seg.number(from: $0) } ?? 0
        show("the session is whole", "\(turns > 0)", expected: "true")
    }
    pthread_join(stopper, nil)
}

/// The result of a thread, read after it has ended.
final class Found: @unchecked Sendable {
    var text = ""
}

// Two interpreters share nothing: each has its thread, its names and its random numbers.
func twoAtOnce() {
    let script = """
        seed(own)
        total = 0
        for i in 1...200 { total += sum(rand(50) * own).item() }
        model = lraspp_mobilenet_v2(classes=3)
        shape = model(rand(1, 3, 32, 32)).shape
        "{own} {round(total / 500 / own)} {shape}"
        """
    let found = [Found(), Found()]
    let threads = found.enumerated().map { place, found in
        start {
            let seg = Interpreter.standard()
            seg.withTensors {
                seg["own"] = .number(Double(place + 1))
                do {
                    found.text = try seg.line(try seg.run(script, name: "\(place).seg") ?? .nilValue)
                } catch let error as ScriptError {
                    found.text = error.diagnostic.rendered()
                } catch {
                    found.text = "\(error)"
                }
            }
        }
    }
    for thread in threads { pthread_join(thread, nil) }
    show("the first", found[0].text, expected: "1 10 [1, 3, 32, 32]")
    show("the second", found[1].text, expected: "2 10 [1, 3, 32, 32]")
}

/// Runs a body on a new thread. An interpreter stays on the thread that created it.
func start(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, Unmanaged.passRetained(Work(body)).toOpaque())
    return thread
}

try valuesAndFunctions()
try errorsWithPlaces()
stoppedFromOutside()
twoAtOnce()
print("all as expected")
