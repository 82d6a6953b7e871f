// Which state dict of a file is read: sections of training checkpoints, models pickled as objects, and names with
// prefixes.

import SegSystem
import SegTensor
import Testing

@Suite struct CheckpointSectionTests {
    private typealias Write = (inout PickleWriter) -> Void

    private func tensor(_ key: Int) -> Write {
        {
            $0.tensor(
                FixtureTensor(name: "", key: "\(key)", stored: 1, shape: [1], strides: [1]), legacy: false)
        }
    }

    private func dictionary(_ entries: [(String, Write)]) -> Write {
        {
            $0.op("}")
            $0.op("(")
            for (name, write) in entries {
                $0.text(name)
                write(&$0)
            }
            $0.op("u")
        }
    }

    private func file(_ write: Write) -> [UInt8] {
        torchZip(plainPickle(write), storages: (0..<4).map { ("\($0)", floatBytes([Float($0)])) })
    }

    /// The value of tensor `w` in a section, or the error.
    private func w(_ bytes: [UInt8], _ section: String?) -> String {
        do {
            let checkpoint = try Checkpoint.open(FileReader(bytes: bytes, name: "w.pth"), section: section)
            return "\(try checkpoint["w"]?.floats() ?? [])"
        } catch let error as TensorError {
            return "\(error.message); \(error.help ?? "")"
        } catch {
            return "another error"
        }
    }

    @Test func aSectionIsChosenByItsPath() {
        let checkpoint = file(
            dictionary([
                ("model", dictionary([("w", tensor(0))])), ("model_ema", dictionary([("w", tensor(1))])),
                ("a.b", dictionary([("c", dictionary([("w", tensor(2))]))])), ("epoch", { $0.integer(3) }),
                ("wrapped", dictionary([("module", dictionary([("w", tensor(3))]))])),
            ]))
        #expect(w(checkpoint, nil) == "[0.0]")
        #expect(w(checkpoint, "model") == "[0.0]")
        #expect(w(checkpoint, "model_ema") == "[1.0]")
        #expect(w(checkpoint, "a.b.c") == "[2.0]")
        #expect(w(checkpoint, "wrapped") == "[3.0]")
        #expect(w(checkpoint, "wrapped.module") == "[3.0]")
        let list = "model, model_ema, a.b.c, wrapped.module"
        #expect(w(checkpoint, "ema") == "w.pth has no section 'ema'; it has \(list)")
        #expect(w(checkpoint, "") == "w.pth has no section ''; it has \(list)")
        #expect(w(checkpoint, "a.b") == "[2.0]")
        #expect(
            w(checkpoint, "epoch")
                == "section 'epoch' of w.pth has no tensors with names; its state dicts are \(list)")
    }

    @Test func severalStateDictsAreListed() {
        let parts: [(String, Write)] = [
            ("generator", dictionary([("w", tensor(1))])), ("critic", dictionary([("w", tensor(2))])),
        ]
        #expect(
            w(file(dictionary(parts)), nil)
                == "w.pth holds several state dicts: generator, critic; section=\"generator\" takes the tensors of generator; parts of one model are loaded one after the other, with strict=false"
        )
        let tuple = file {
            for (_, write) in parts { write(&$0) }
            $0.bytes.append(0x86)
        }
        #expect(w(tuple, nil).hasPrefix("w.pth holds several state dicts: 0, 1;"))
        #expect(w(tuple, "1") == "[2.0]")
    }

    @Test func theTensorsOfAPickledModelAreFoundByName() throws {
        let inner: Write = { [tensor] writer in
            writer.module(
                "Norm", parameters: [("w", tensor(1)), ("bias", { $0.op("N") })],
                buffers: [("mean", tensor(2)), ("scratch", tensor(3))], passing: ["scratch"])
        }
        let model: Write = { [tensor] writer in
            writer.module(
                "Net", parameters: [("w", tensor(0))],
                modules: [("norm", inner), ("act", { $0.module("Act") })])
        }
        for bytes in [file(model), file(dictionary([("epoch", { $0.integer(1) }), ("model", model)]))] {
            let checkpoint = try openWeights(bytes)
            #expect(checkpoint.tensors.map(\.name) == ["w", "norm.w", "norm.mean"])
            #expect(try #require(checkpoint["norm.mean"]).floats() == [2])
            #expect(checkpoint.notes.last == "an object of nets.Net: its code was not run")
        }
    }

    @Test func modelsThatContainThemselvesAreRefused() {
        let circle = file { [tensor] writer in
            writer.global("nets", "Net")
            writer.op(")")
            writer.bytes.append(0x81)
            writer.op("q", [9])
            writer.op("}")
            writer.text("_parameters")
            writer.op("}")
            writer.text("w")
            tensor(0)(&writer)
            writer.op("s")
            writer.op("s")
            writer.text("_modules")
            writer.op("}")
            for name in ["a", "b"] {
                writer.text(name)
                writer.op("h", [9])
                writer.op("s")
            }
            writer.op("s")
            writer.op("b")
        }
        #expect(refusal(circle).contains("its modules contain each other or are nested too deeply"))
    }

    @Test func theSameModelManyTimesIsSearchedOnce() {
        let many = file { [tensor] writer in
            writer.module("Net")
            writer.op("q", [9])
            writer.op("0")
            writer.op("}")
            writer.op("(")
            for i in 0..<100_000 {
                writer.text("m\(i)")
                writer.op("h", [9])
            }
            writer.text("last")
            writer.op("}")
            writer.text("w")
            tensor(1)(&writer)
            writer.op("s")
            writer.op("u")
        }
        #expect(!w(many, nil).isEmpty)
    }

    @Test func thePrefixByWhichMostNamesFitIsTakenOff() {
        func names(_ file: [String], _ model: [String]) -> (String, [String?]) {
            let names = WeightNames(file: file, model: model)
            return (names.prefix, file.map(names.inModel))
        }
        #expect(names(["module.a", "module.b"], ["a", "b"]) == ("module.", ["a", "b"]))
        #expect(names(["net._orig_mod.a"], ["a"]) == ("net._orig_mod.", ["a"]))
        #expect(names(["module.a"], ["module.a", "a"]) == ("", ["module.a"]))
        #expect(names(["a", "x.b"], ["a", "b"]) == ("", ["a", "x.b"]))
        #expect(names(["x.a", "x.b", "a"], ["a", "b"]) == ("x.", ["a", "b", nil]))
        #expect(WeightNames(file: ["x.a", "y.a", "z.b"], model: ["a"]).rivals == ["y."])
        #expect(names([String(repeating: "a.", count: 100_000) + "w"], ["w"]).0 == "")
        let backbone = WeightNames(
            file: ["module.features.0.w", "module.classifier.1.w", "module.extra.w"], model: ["0.w"])
        #expect(backbone.prefix == "module.features.")
        #expect(backbone.isDispensable("module.classifier.1.w") && !backbone.isDispensable("module.extra.w"))
        let whole = WeightNames(file: ["x.w", "fc.w"], model: ["x.w", "head.w"])
        #expect(!whole.isDispensable("fc.w"))
        #expect(WeightNames(file: ["module.w", "n_averaged"], model: ["w"]).isDispensable("n_averaged"))
    }
}
