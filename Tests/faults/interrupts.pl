#!/usr/bin/env perl
# Ctrl-C in every long operation, at random moments: the prompt is back within 0.2 s, and what the session holds
# is whole. The time counts as late only if the process also computed for so long, as the machine may be busy.
#
#     Tests/faults/interrupts.pl [SEG] [--rounds N] [--seed S] [--only NAME,…] [--memory SIZE]
#
# SEG: the command, .build/release/seg by default. Status 1 if an operation is late or the state has changed.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename 'dirname';
use File::Temp 'tempdir';
use Getopt::Long;
use Time::HiRes qw(time sleep);
use lib dirname(abs_path($0));
use Prompt;

my ($seg, $rounds, $seed, $only, $memory) = ('', 2, 1, '', '3G');
GetOptions('rounds=i' => \$rounds, 'seed=i' => \$seed, 'only=s' => \$only, 'memory=s' => \$memory) or exit 2;
$seg = shift // '';
$seg = abs_path($seg || dirname(abs_path($0)) . '/../../.build/release/seg');
$ENV{SEG_STDLIB} = abs_path($ENV{SEG_STDLIB}) if $ENV{SEG_STDLIB};
srand($seed);
$| = 1;
my $limit = 0.2;
my $folder = tempdir(CLEANUP => 1);
$ENV{HOME} = $folder;
$ENV{SEG_CACHE} = "$folder/cache";

# ---- The operations: name, entries that prepare it, the entry.

my $net = 'type Net() { a = Conv2d(3, 16, 3, padding=1); b = Conv2d(16, 32, 1); forward(x) = b(relu(a(x))) }';
my @training = (
    'd = streets(count=24, size=[96, 128], seed=1).normalize()', $net,
    'run = trainer(Net(), d[0..<20], d[20...], batch=2, epochs=30)',
);
my @shared = ('a = [1]', 'i = 0; while i < 60 { a = [a, a]; i += 1 }');
my @operations = (
    # Text
    [ 'repeat text', [], 'x = "ab" * 400000000' ],
    [ 'split_text', ['s = "ab " * 5000000'], 'x = split_text(s)' ],
    [ 'split by text', ['s = "ab " * 20000000'], 'x = split_text(s, "b")' ],
    [ 'characters', ['s = "ab " * 3000000'], 'x = characters(s)' ],
    [ 'replace', ['s = "ab " * 30000000'], 'x = replace(s, "b", "cc")' ],
    [ 'upper', ['s = "ab " * 60000000'], 'x = upper(s)' ],
    [ 'upper of letters', ['s = "\u{e4}b " * 20000000'], 'x = upper(s)' ],
    [ 'trim', ['s = " " * 300000000'], 'x = trim(s)' ],
    [ 'contains text', ['s = "ab " * 60000000'], 'contains(s, "q")' ],
    [ 'length of letters', ['s = "\u{e4}b " * 40000000'], 'len(s)' ],
    [ 'index of letters', ['s = "\u{e4}b " * 40000000'], 's[-5]' ],
    [ 'slice of letters', ['s = "\u{e4}b " * 40000000'], 's[5...-5]' ],
    [ 'equal texts', [ 's = "ab " * 100000000', 't = "ab " * 100000000' ], 'i = 0; while true { s == t }' ],
    [ 'join', ['l = ["ab"] * 10000000'], 'x = join(l, "-")' ],
    [ 'reversed text', ['s = "\u{e4}b " * 20000000'], 'x = reversed(s)' ],
    [ 'print text of a list', ['l = [1.5] * 5000000'], 'x = "{l}"' ],
    # Lists
    [ 'repeat list', [], 'x = [1] * 100000000' ],
    [ 'spread', [], 'x = [...1...1e8]' ],
    [ 'map to records', [], 'x = map(0..<8000000, i -> (step=i, tag="a", value=i))' ],
    [ 'write_events', ['v = map(0..<2000000, i -> (step=i, tag="a", value=i))'],
        'while true { write_events(v, "events") }' ],
    [ 'list of range', [], 'x = list(1...100000000)' ],
    [ 'list of tensor', ['t = rand(30000000)'], 'x = list(t)' ],
    [ 'reversed', ['l = [1.5] * 40000000'], 'x = reversed(l)' ],
    [ 'add lists', ['l = [1.5] * 40000000'], 'x = concat(l, l)' ],
    [ 'zip', ['l = [1.5] * 10000000'], 'x = zip(l, l)' ],
    [ 'enumerate', ['l = [1.5] * 10000000'], 'x = enumerate(l)' ],
    [ 'sorted', ['l = list(rand(3000000))'], 'x = sorted(l)' ],
    [ 'sorted many', ['l = [1.5] * 60000000'], 'x = sorted(l)' ],
    [ 'sorted by', ['l = list(permutation(1000000))'], 'x = sorted(l, by=x -> -x)' ],
    [ 'sorted texts', ['l = list(permutation(1000000)).map(x -> "{x}")'], 'x = sorted(l)' ],
    [ 'sum of list', ['l = [1.5] * 40000000'], 'sum(l)' ],
    [ 'contains', ['l = [1.5] * 60000000'], 'contains(l, 3)' ],
    [ 'equal lists', [ 'l = (1...3000000).map(x -> [x])', 'm = copy(l)' ], 'l == m' ],
    [ 'copy', ['l = (1...3000000).map(x -> [x])'], 'm = copy(l)' ],
    [ 'copy flat', ['l = [1.5] * 60000000'], 'm = copy(l)' ],
    [ 'tensor of list', ['l = [1.5] * 20000000'], 'tensor(l)' ],
    [ 'tensor of lists', [ 'a = [1]', 'i = 0; while i < 31 { a = [a, a]; i += 1 }' ], 'tensor(a)' ],
    [ 'tensor of bools', ['l = [true] * 20000000'], 'tensor(l)' ],
    [ 'tensor of rows', ['r = list(0...40)', 'l = [r] * 1000000'], 'tensor(l)' ],
    [ 'tensor of ranges', ['l = [0...40000000]'], 'tensor(l)' ],
    [ 'shared ==', [ @shared, 'b = copy(a)' ], 'a == b' ],
    [ 'shared sorted', [ @shared, 'b = copy(a)' ], 'sorted([a, b])' ],
    [ 'shared contains', [ @shared, 'b = copy(a)' ], 'contains([a], b)' ],
    [ 'shared text', \@shared, 'x = "{a}"' ],
    [ 'shared json', \@shared, 'write_json(a, "dag.json")' ],
    [ 'shared plot', \@shared, 'plot(a)' ],
    [ 'release', ['a = (1...6000000).map(x -> [x])'], 'a = nil' ],
    [ 'record', [], 'r = (); i = 0; while i < 3000000 { r["k{i}"] = i; i += 1 }' ],
    [ 'remove from record', ['r = (); i = 0; while i < 100000 { r["k{i}"] = i; i += 1 }'],
        'for k in keys(r) { remove(r, k) }' ],
    # Tensors
    [ 'permutation', [], 'compute(permutation(60000000))' ],
    [ 'randn', [], 'compute(randn(200000000))' ],
    [ 'arange', [], 'compute(arange(300000000))' ],
    [ 'cumsum', ['a = ones(150000000)'], 'compute(cumsum(a))' ],
    [ 'cumsum whole', ['a = ones(60000000, dtype=int64)'], 'compute(cumsum(a))' ],
    [ 'cumsum empty', [], 'compute(cumsum(zeros(1, 0, 3e9, 3e9), axis=1))' ],
    [ 'mask', ['a = rand(100000000)'], 'compute(a[a > 0.5])' ],
    [ 'mask set', ['a = rand(100000000)'], 'a[a > 0.5] = 0' ],
    [ 'histogram', ['a = rand(100000000)'], 'histogram(a, 100)' ],
    [ 'bincount', ['a = zeros(100000000, dtype=int64)'], 'bincount(a)' ],
    [ 'bincount of many', ['a = arange(60000000, dtype=int64)'], 'bincount(a)' ],
    [ 'bincount of bytes', ['a = zeros(200000000, dtype=uint8)'], 'bincount(a)' ],
    [ 'unique', ['a = rand(20000000)'], 'compute(unique(a))' ],
    [ 'sort', ['a = rand(40000000)'], 'compute(sort(a))' ],
    [ 'sort rows', ['a = rand(4000000, 10, dtype=float64)'], 'compute(sort(a))' ],
    [ 'argsort', ['a = rand(20000000, dtype=float64)'], 'compute(argsort(a))' ],
    [ 'topk', ['a = rand(20000000)'], 'topk(a, 1000)' ],
    [ 'gather', [ 'a = rand(50000000)', 'i = zeros(50000000, dtype=int64)' ], 'compute(gather(a, 0, i))' ],
    [ 'put', [ 'a = rand(50000000)', 'i = zeros(50000000, dtype=int64)' ], 'a[i] = 1' ],
    [ 'one_hot', ['a = zeros(10000000, dtype=int64)'], 'compute(one_hot(a, 20))' ],
    [ 'cat', ['a = rand(60000000)'], 'compute(cat([a, a]))' ],
    [ 'transpose', ['a = rand(12000, 12000)'], 'compute(transpose(a, 0, 1) + 0)' ],
    [ 'flip', ['a = rand(100000000)'], 'compute(flip(a, 0))' ],
    [ 'expand', ['a = rand(1, 10000)'], 'compute(expand(a, [20000, 10000]))' ],
    [ 'where', ['a = rand(100000000)'], 'compute(where(a > 0.5, a, 0))' ],
    [ 'to', ['a = rand(100000000)'], 'compute(to(a, float64))' ],
    [ 'matmul', ['a = rand(5000, 5000)'], 'compute(a @ a)' ],
    [ 'matmul whole', ['a = ones(1500, 1500, dtype=int64)'], 'compute(a @ a)' ],
    [ 'matmul many', ['a = rand(400000, 8, 8)'], 'compute(a @ a)' ],
    [ 'conv', [ 'x = rand(8, 64, 200, 200)', 'w = rand(64, 64, 3, 3)' ], 'compute(conv2d(x, w, padding=1))' ],
    [ 'pool', ['x = rand(8, 64, 300, 300)'], 'compute(max_pool2d(x, 15, stride=1))' ],
    [ 'adaptive pool', ['x = rand(1, 1, 300, 300)'], 'compute(adaptive_avg_pool2d(x, 250))' ],
    [ 'interpolate', ['a = rand(1, 16, 256, 256)'], 'compute(interpolate(a, [3000, 3000]))' ],
    # One plane or row is all there is, and takes long
    [ 'pool of one', ['a = rand(1, 1, 6000, 6000)'], 'compute(max_pool2d(a, 5001, stride=1))' ],
    [ 'mean pool of one', ['a = rand(1, 1, 6000, 6000)'], 'compute(avg_pool2d(a, 3001, stride=1))' ],
    [ 'pool gradient', ['a = rand(1, 1, 2000, 2000)'], 'compute(grad(x -> sum(max_pool2d(x, 101, stride=1)))(a))' ],
    [ 'mean pool gradient', ['a = rand(1, 1, 2000, 2000)'], 'compute(grad(x -> sum(avg_pool2d(x, 101, stride=1)))(a))' ],
    [ 'large kernel', [ 'a = rand(1, 1, 3000, 3000)', 'w = rand(1, 1, 1500, 1500)' ], 'compute(conv2d(a, w))' ],
    [ 'large kernel back', [ 'a = rand(1, 1, 3000, 3000)', 'w = rand(1, 1, 999, 999)' ],
        'compute(conv_transpose2d(a, w))' ],
    [ 'large kernel gradient', [ 'a = rand(1, 1, 2000, 2000)', 'w = rand(1, 1, 301, 301)' ],
        'compute(grad(v -> sum(conv2d(a, v)))(w))' ],
    [ 'large kernels apart', [ 'a = rand(1, 8, 600, 600)', 'w = rand(8, 1, 101, 101)' ],
        'compute(conv2d(a, w, padding=50, groups=8))' ],
    [ 'large kernels apart gradient', [ 'a = rand(1, 8, 600, 600)', 'w = rand(8, 1, 101, 101)' ],
        'compute(grad(v -> sum(conv2d(a, v, groups=8)))(w))' ],
    [ 'interpolate a row', ['a = rand(1, 1, 3, 3)'], 'compute(interpolate(a, [3, 150000000]))' ],
    [ 'interpolate a column', ['a = rand(1, 1, 3, 3)'], 'compute(interpolate(a, [150000000, 3]))' ],
    [ 'interpolate a row nearest', ['a = rand(1, 1, 3, 3)'], 'compute(interpolate(a, [3, 150000000], mode="nearest"))' ],
    [ 'interpolate gradient', [ 'a = rand(1, 1, 3, 3)', 'b = rand(1, 1, 3, 50000000)' ],
        'compute(grad(x -> sum(interpolate(x, [3, 50000000]) * b))(a))' ],
    [ 'softmax of a row', ['a = rand(1, 150000000)'], 'compute(softmax(a, 1))' ],
    [ 'argmax of two columns', ['a = rand(150000000, 2)'], 'compute(argmax(a, axis=0))' ],
    [ 'softmax', ['a = rand(2000000, 50)'], 'compute(softmax(a, 1))' ],
    [ 'confusion', ['a = zeros(40000000, dtype=int64)'], 'compute(confusion(a, a, 10))' ],
    [ 'confusion of bytes', ['a = zeros(400000000, dtype=uint8)'], 'compute(confusion(a, a, 10))' ],
    [ 'boundaries', ['a = (rand(8000, 8000) * 5).to(uint8)'], 'boundary_matches(a, a, 5, 20)' ],
    [ 'boundaries of a line', ['a = (rand(1, 60000000) * 5).to(uint8)'], 'boundary_matches(a, a, 5, 3)' ],
    [ 'zones', ['a = (rand(8000, 8000) * 5).to(uint8)'], 'boundary_overlap(a, a, 5, 20)' ],
    [ 'dropout', ['a = rand(100000000)'], 'compute(dropout(a, 0.5))' ],
    [ 'equal tensors', [ 'a = rand(100000000)', 'b = a + 0' ], 'all(a == b)' ],
    [ 'allclose', [ 'a = rand(60000000)', 'b = a + 0' ], 'allclose(a, b)' ],
    [ 'loop over rows', ['a = rand(3000000, 2)'], 'for r in a { }' ],
    [ 'gradient of a chain', ['x = tensor(1.0)'],
        'grad(x -> { t = x; i = 0; while i < 200000 { t = t * 1; i += 1 }; t })(x)' ],
    [ 'print tensor', ['l = rand(4000, 4000)'], 'print(l)' ],
    # Seeing
    [ 'plot list', ['l = list(rand(2000000))'], 'plot(l)' ],
    [ 'plot', ['l = rand(30000000)'], 'plot(l)' ],
    [ 'plot file', ['l = rand(3000000)'], 'plot(l, save="p.svg")' ],
    [ 'plot picture', ['l = rand(3000000)'], 'plot(l, save="p.png")' ],
    [ 'bars', ['l = list(rand(300000))'], 'bars(l)' ],
    [ 'bars file', ['l = list(rand(300000))'], 'bars(l, save="b.png")' ],
    [ 'heatmap', ['l = rand(6000, 6000)'], 'heatmap(l)' ],
    [ 'heatmap file', ['l = rand(3000, 3000)'], 'heatmap(l, save="h.svg")' ],
    [ 'show', ['l = rand(3, 8000, 8000)'], 'show(l)' ],
    [ 'show file', ['l = rand(3, 6000, 6000)'], 'show(l, save="s.png")' ],
    [ 'picture_url', ['l = (rand(3, 5000, 5000) * 255).to(uint8)'], 'x = picture_url(l)' ],
    [ 'picture_url of a mask', ['l = (rand(6000, 6000) * 5).to(uint8)'], 'x = picture_url(l)' ],
    [ 'write_image', ['l = rand(3, 8000, 8000)'], 'write_image(l, "i.png")' ],
    [ 'write_image of a mask', ['l = (rand(6000, 6000) * 200).to(uint8)', 'compute(l)'], 'write_image(l, "i.png")' ],
    [ 'write_image of colours', ['l = (rand(6000, 6000) * 200).to(uint8)', 'compute(l)'],
        'write_image(l, "i.png", form="color")' ],
    [ 'resize_image', ['l = (rand(3, 6000, 6000) * 255).to(uint8)', 'compute(l)'],
        'while true { compute(resize_image(l, 300)) }' ],
    [ 'read_image', [ 'l = rand(3, 6000, 6000)', 'write_image(l, "j.png")' ], 'compute(read_image("j.png"))' ],
    [ 'table', ['l = (1...200000).map(x -> (a=x, b="q"))'], 'table(l)' ],
    [ 'table text', ['l = (1...200000).map(x -> (a=x, b="q"))'], 'x = "{table(l)}"' ],
    [ 'street', [], 's = streets(count=1, size=[6000, 6000])[0]; compute(s.image)' ],
    [ 'rotate', [ 'q = streets(count=1, size=[3000, 3000])', 's = q[0]', 'compute(s.image)' ],
        's = q.augment([rotate(20)])[1]; compute(s.image)' ],
    [ 'resize', [ 'q = streets(count=1, size=[3000, 3000])', 's = q[0]', 'compute(s.image)' ],
        's = q.resize([6000, 6000])[0]; compute(s.image)' ],
    [ 'counts', ['q = streets(count=60, size=[800, 800])'], 'q.counts' ],
    [ 'counts of large', ['q = streets(count=3, size=[5000, 5000])'], 'q.counts' ],
    [ 'counts by picture', ['q = streets(count=3, size=[5000, 5000])'], 'q.counts_by_picture' ],
    [ 'check_pictures', ['q = streets(count=2, size=[5000, 5000])'], 'check_pictures(q)' ],
    [ 'batches of crops', ['q = streets(count=3, size=[5000, 5000]).crop(100)'],
        'for b in batches(q, 1) { compute(b.images); compute(b.masks) }' ],
    [ 'joined data', ['q = streets(count=2, size=[16, 16])'], 'i = 0; while i < 60 { q = concat(q, q); i += 1 }' ],
    [ 'names of data', ['q = streets(count=1000000, size=[16, 16])', 'q = concat(q, q, q, q)'], 'q.names' ],
    # Files
    [ 'save', ['a = rand(150000000)'], 'save(a, "s1.v")' ],
    [ 'load', [ 'a = rand(150000000)', 'save(a, "s2.v")', 'a = nil' ], 'b = load("s2.v")' ],
    [ 'read_tensors', [ 'write_tensors((a=rand(150000000)), "t.safetensors")' ], 'b = read_tensors("t.safetensors"); compute(b.a)' ],
    [ 'write_tensors', ['a = rand(150000000)'], 'write_tensors((a=a), "u.safetensors")' ],
    [ 'save list', ['l = (1...1000000).map(x -> [x, "a"])'], 'save(l, "l.v")' ],
    [ 'load list', [ 'l = (1...500000).map(x -> [x, "a"])', 'save(l, "m.v")' ], 'm = load("m.v")' ],
    [ 'save functions', [ 'f = x -> x', 'mk(g) = x -> g(x)', 'i = 0; while i < 100000 { f = mk(f); i += 1 }' ],
        'save(f, "fn.v")' ],
    [ 'write_csv', ['l = (1...1000000).map(x -> (a=x, b="q"))'], 'write_csv(l, "w.csv")' ],
    [ 'read_csv', [ 'l = (1...2000000).map(x -> (a=x, b="q"))', 'write_csv(l, "r.csv")' ], 'x = read_csv("r.csv")' ],
    [ 'write_json', ['l = (1...1000000).map(x -> (a=x, b="q"))'], 'write_json(l, "w.json")' ],
    [ 'read_json', [ 'l = (1...500000).map(x -> (a=x, b="q"))', 'write_json(l, "r.json")' ],
        'x = read_json("r.json")' ],
    [ 'read_json of escapes', [ 'write_text("e.json", "\"" + "\\\\u00e4" * 20000000 + "\"")' ], 'x = read_json("e.json")' ],
    [ 'read_json of a text', [ 'write_json("\u{e4}b" * 60000000, "t.json")' ], 'x = read_json("t.json")' ],
    [ 'read_json of spaces', [ 'write_text("s.json", " " * 200000000 + "1")' ], 'x = read_json("s.json")' ],
    [ 'write_json of escapes', ['s = "\u{1}" * 20000000'], 'write_json(s, "f.json")' ],
    [ 'read_text', [ 'write_text("big.txt", "ab " * 100000000)' ], 'x = read_text("big.txt")' ],
    [ 'read_text of UTF-16', [], 'x = read_text("utf16.dat")' ],
    [ 'read_text of no text', [], 'x = read_text("none.dat")' ],
    [ 'read_csv of one entry', [ 'write_text("c.csv", "a\n" + "\u{e4}b" * 60000000 + "\n")' ], 'x = read_csv("c.csv")' ],
    [ 'many frames', [], 'c = camseq("frames")' ],
    [ 'import', ['write_text("long.seg", "x = [1, 2, 3] * 2\n" * 30000)'], 'w = import("long.seg")' ],
    # Models and training
    [ 'model', [], 'm = deeplabv3(classes=32)' ],
    [ 'predict', [ 'm = deeplabv3(classes=32)', 'x = streets(count=1, size=[400, 400])[0].image' ],
        'compute(predict(m, x))' ],
    [ 'copy model', ['m = deeplabv3(classes=32)'], 'c = copy(m); compute(c)' ],
    [ 'summary', ['m = deeplabv3(classes=32)'], 'summary(m, [10, 3, 520, 520])' ],
    [ 'save_weights', ['m = deeplabv3(classes=32)'], 'save_weights(m, "m.safetensors")' ],
    [ 'load_weights', [ 'm = deeplabv3(classes=32)', 'save_weights(m, "n.safetensors")' ], 'load_weights(m, "n.safetensors"); compute(m)' ],
    [ 'deep layers', [ 's = ReLU()', 'i = 0; while i < 20000 { s = Sequential(s); i += 1 }' ], 'parameters(s)' ],
    [ 'train', \@training, 'for e in run { }' ],
    [ 'train big', [ 'd = streets(count=8, size=[400, 400], seed=1).normalize()',
        'run = trainer(deeplabv3(classes=32), d, batch=2, epochs=2)' ], 'for e in run { }' ],
    [ 'evaluate', [ @training, 'v = streets(count=200, size=[128, 128], seed=5).normalize()' ],
        'evaluate(run.model, v)' ],
    [ 'cross_validate', \@training,
        'cross_validate(d, (t, v) -> trainer(Net(), t, v, batch=2, epochs=4), k=4, progress=false)' ],
    [ 'sweep', [ @training,
        'f(lr) = trainer(Net(), d[0..<20], d[20...], optimizer=adam(lr=lr), batch=2, epochs=3)' ],
        't = sweep(f, lr=[1e-2, 1e-3, 1e-4], progress=false, file="sw.json")' ],
    # What a step calls of the user's
    [ 'endless rule', [ @training, 'run.optimizer = Optimizer("s", (lr=0.5), (p, g, s, lr) -> { while true { } })' ],
        'run.step()' ],
    [ 'endless schedule', [ @training, 'run.schedule = (d, e) -> if d > 0 { while true { } } else { 1 }' ],
        'run.finish()' ],
    [ 'endless stop', [ @training, 'run.stop = h -> { while true { } }' ], 'run.epoch()' ],
    [ 'endless loss', [ @training, 'run.loss = (l, m) -> { while true { } }' ], 'run.step()' ],
    [ 'endless text in an error', ['type T() { line() = { while true { } } }'], 'try { T() + 1 } catch e { print("caught") }; 5' ],
    [ 'endless texts in errors', ['type T() { line() = { while true { } } }'], 'while true { try { sorted([T(), T()]) } catch e { } }' ],
    [ 'chunk', [], 'x = chunk(zeros(3000000, 1), 3000000)' ],
    [ 'tiles', ['d = streets(count=1, size=[5000, 5000])'], 'x = tiles(d, [2, 2], overlap=1)' ],
    [ 'names that are near', ['r = record(map(0...60000, i -> ["k" * 300 + "{i}", 1]))'], 'while true { try { r["j" * 300] } catch e { } }' ],
    [ 'endless rest', [], 'keep_partial(() -> error("x"), () -> { while true { } })' ],
    [ 'error of deep layers', [ 's = Conv2d(1, 1, 1)', 'i = 0; while i < 20000 { s = Sequential(s); i += 1 }' ],
        'i = 0; while i < 100 { try { s(zeros(1, 1)) } catch { }; i += 1 }' ],
    # The machine
    [ 'loop', [], 'while true { }' ],
    [ 'loop that prints', [], 'i = 0; while true { print(i); i += 1 }' ],
    [ 'recursion through map', [], 'f(x) = [1, 2].map(y -> f(x)); f(1)' ],
    [ 'endless next', ['type T() { next() = 1 }'], 'list(T())' ],
    [ 'endless range', [], 'for i in 0...1/0 { }' ],
);

# Texts that seg does not write: UTF-16, and bytes that are no text.
for my $text ([ 'utf16.dat', "\xff\xfe" . "a\0\xe4\0" x 20_000_000 ], [ 'none.dat', "\xc3" x 60_000_000 ]) {
    open my $file, '>:raw', "$folder/$text->[0]" or die $!;
    print $file $text->[1];
    close $file;
}

# A folder of many frames, all of them one file.
mkdir "$folder/frames";
open my $table, '>', "$folder/frames/label_colors.txt" or die $!;
print $table "64 128 64 Animal\n0 0 0 Void\n";
close $table;
system($seg, '-e', qq{write_image(zeros(3, 4, 4), "$folder/frames/a0.png")\nwrite_image(zeros(3, 4, 4), "$folder/frames/a0_L.png")}) == 0
    or die "interrupts: the frames\n";
for my $i (1 .. 30_000) {
    link "$folder/frames/a0.png",   "$folder/frames/a$i.png";
    link "$folder/frames/a0_L.png", "$folder/frames/a${i}_L.png";
}

my ($late, $broken, $count) = (0, 0, 0);
sub session {
    my $session = Prompt->start([ $seg, '--threads', '1', '--memory', $memory ], folder => $folder);
    $session->expect($Prompt::waiting, 60) or die "interrupts: no prompt: $session->{text}\n";
    $session->enter('keep = (numbers=[1, 2, 3], t=arange(1000), text="whole")', 60);
    return $session;
}

my %wanted = map { $_ => 1 } split /,/, $only;
for my $operation (@operations) {
    my ($name, $setup, $entry) = @$operation;
    next if %wanted && !$wanted{$name};
    my $session = session();
    my $failed;
    for my $line (@$setup) {
        my $said = $session->enter($line, 300);
        # Values are computed here, not in the operation.
        if (defined $said && $line =~ /^(\w) = (?:rand|ones|zeros)/) { $session->enter("compute($1)", 300) }
        if (!defined $said || $said =~ /error:/) { $failed = $said // 'nothing'; last }
    }
    if (defined $failed) {
        print "FAILED: $name: its preparation says: ", $failed =~ s/\e\[[^A-Za-z]*[A-Za-z]//gr, "\n";
        $broken++;
        $session->stop;
        next;
    }
    my ($worst, $ended) = (0, 0);
    for my $round (1 .. $rounds) {
        my $delay = (0.05, 0.2, 0.5, 1.0)[ int rand 4 ] * (0.7 + rand 0.6);
        $session->{text} = '';
        $session->type("$entry\r");
        if (defined $session->expect($Prompt::waiting, $delay)) { $ended++; next }
        my ($since, $taken) = (time, $session->taken);
        $session->type("\x03");
        my $said = $session->expect($Prompt::waiting, 20);
        my ($wall, $work) = (time - $since, $session->taken - $taken);
        $count++;
        if (!defined $said) {
            print "FAILED: $name: no prompt after Ctrl-C (after $delay s)\n";
            $broken++;
            $session->stop;
            $session = undef;
            last;
        }
        my $time = $wall < $work ? $wall : $work;
        $worst = $time if $time > $worst;
        my $state = $session->enter('print("state {keep.numbers} {sum(keep.t).item()} {keep.text} {2 + 3}")', 60);
        if (!defined $state || $state !~ /state \[1, 2, 3\] 499500 whole 5/) {
            print "FAILED: $name: the state after Ctrl-C: ", $state // 'nothing', "\n";
            $broken++;
        }
    }
    $session->stop if $session;
    system "rm -f $folder/*.v $folder/*.safetensors $folder/*.png $folder/*.csv $folder/*.json $folder/*.txt $folder/*.svg";
    if ($worst > $limit) { $late++ }
    printf "%s %-24s %.2f s%s\n", $worst > $limit ? 'LATE ' : 'ok   ', $name, $worst,
        $ended == $rounds ? ' (ended before Ctrl-C)' : '';
}
print "$count interrupts, $late operations late, $broken failures\n";
exit($late || $broken ? 1 : 0);
