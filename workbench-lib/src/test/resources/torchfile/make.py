"""Makes the PyTorch files of this folder, byte by byte as torch.save lays them out, without torch.

Needs Python 3.8 or newer and its standard library only: python3 make.py [folder]. The same bytes come out every time.

The pickles are made by Python's own pickle module, with stand-in classes that bear the names of torch's; the zip archive is made by
zipfile. As torch does, entries are stored, not compressed, and each begins at a multiple of 64 bytes. What the tensors hold is said by
the rule in `numbers`, so that a test can compute it again.
"""

import collections
import io
import json
import os
import pickle
import struct
import sys
import types
import zipfile


def module(name):
    made = types.ModuleType(name)
    sys.modules[name] = made
    return made


torch, utils, storage_module = module("torch"), module("torch._utils"), module("torch.storage")
torch._utils, torch.storage = utils, storage_module


def named(owner, module_name, name):
    """A class that pickles as the one of that name."""
    made = type(name, (), {"__module__": module_name, "__qualname__": name})
    setattr(owner, name, made)
    return made


def function(owner, module_name, name):
    def made(*args):
        raise AssertionError("only its name is needed")

    made.__module__, made.__name__, made.__qualname__ = module_name, name, name
    setattr(owner, name, made)
    return made


FORMATS = {"Float": "f", "Double": "d", "Long": "q", "Int": "i", "Short": "h", "Char": "b", "Byte": "B", "Bool": "?", "Half": "e", "BFloat16": None,
           "QInt8": "b"}
STORAGES = {name: named(torch, "torch", name + "Storage") for name in FORMATS}
UNTYPED = named(storage_module, "torch.storage", "UntypedStorage")
SIZE = named(torch, "torch", "Size")
DEVICE = named(torch, "torch", "device")
FLOAT8 = named(torch, "torch", "float8_e4m3fn")
FLOAT32 = named(torch, "torch", "float32")
REBUILD_V2 = function(utils, "torch._utils", "_rebuild_tensor_v2")
REBUILD_V3 = function(utils, "torch._utils", "_rebuild_tensor_v3")
REBUILD_PARAMETER = function(utils, "torch._utils", "_rebuild_parameter")
REBUILD_QTENSOR = function(utils, "torch._utils", "_rebuild_qtensor")


def numbers(count, start=0):
    """start, start + 0.5, start + 1, ...: exact in every floating-point type while they are small."""
    return [start + i / 2 for i in range(count)]


def encode(kind, values):
    if kind == "BFloat16":
        return b"".join(struct.pack("<f", v)[2:] for v in values)
    if kind in ("Float", "Double", "Half"):
        return struct.pack("<%d%s" % (len(values), FORMATS[kind]), *values)
    return struct.pack("<%d%s" % (len(values), FORMATS[kind]), *[bool(v) if kind == "Bool" else int(v) for v in values])


class Storage:
    def __init__(self, kind, values, data=None):
        self.kind, self.size = STORAGES.get(kind, UNTYPED), len(values)
        self.data = encode(kind, values) if data is None else data


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function, *args, state=None):
        self.reduced = (function, args) if state is None else (function, args, state)

    def __reduce__(self):
        return self.reduced


def strides(shape):
    result, step = [], 1
    for axis in reversed(shape):
        result.insert(0, step)
        step *= max(1, axis)
    return tuple(result)


def view(storage, shape, stride=None, offset=0, *more):
    """A tensor on a storage; hooks are an empty OrderedDict, as torch has them."""
    stride = strides(shape) if stride is None else stride
    return Call(REBUILD_V2, storage, offset, tuple(shape), tuple(stride), False, collections.OrderedDict(), *more)


def tensor(kind, shape, start=0):
    count = 1
    for axis in shape:
        count *= axis
    return view(Storage(kind, numbers(count, start)), shape)


class Pickler(pickle.Pickler):
    def __init__(self, out, protocol):
        super().__init__(out, protocol)
        self.storages = []

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        if value not in self.storages:
            self.storages.append(value)
        return ("storage", value.kind, str(self.storages.index(value)), "cpu", value.size)


def pickled(value, protocol=2):
    out = io.BytesIO()
    pickler = Pickler(out, protocol)
    pickler.dump(value)
    return out.getvalue(), [storage.data for storage in pickler.storages]


def add(archive, name, data, compression=zipfile.ZIP_STORED):
    """Stores an entry whose data begin at a multiple of 64, by an extra field FB as torch pads with."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = compression
    begin = archive.fp.tell() + 30 + len(name.encode()) + 4
    pad = -begin % 64
    info.extra = b"FB" + struct.pack("<H", pad) + b"Z" * pad
    archive.writestr(info, data)


def archive(pickle_bytes, storages, folder="archive", byteorder=b"little", compression=zipfile.ZIP_STORED, extra=(), comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.comment = comment
        add(made, folder + "/data.pkl", pickle_bytes, compression)
        add(made, folder + "/.format_version", b"1")
        add(made, folder + "/.storage_alignment", b"64")
        if byteorder is not None:
            add(made, folder + "/byteorder", byteorder)
        for key, data in enumerate(storages):
            add(made, "%s/data/%d" % (folder, key), data)
        for name, data in extra:
            add(made, folder + "/" + name, data)
        add(made, folder + "/version", b"3\n")
        add(made, folder + "/.data/serialization_id", b"0" * 40)
    return out.getvalue()


def save(value, protocol=2, **options):
    return archive(*pickled(value, protocol), **options)


def zip64(value):
    """As if every entry were too large, and too far behind, for numbers of 32 bits."""
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 2
    try:
        return save(value)
    finally:
        zipfile.ZIP64_LIMIT = limit


class StateDict(collections.OrderedDict):
    """Pickles as an OrderedDict that has an attribute _metadata, as the state dict of a module has."""

    def __reduce__(self):
        metadata = collections.OrderedDict([("", {"version": 1}), ("layer", {"version": 1})])
        return (collections.OrderedDict, (), {"_metadata": metadata}, None, iter(self.items()))


def types_file():
    state = StateDict()
    for kind in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Byte", "Bool", "Short", "Char"):
        state["a." + kind] = tensor(kind, (2, 3))
    state["scalar"] = tensor("Float", (), 7)
    state["empty"] = tensor("Float", (0, 3))
    return state


def views_file():
    base = Storage("Float", numbers(24))
    small = Storage("Half", numbers(6))
    wide = Storage("BFloat16", numbers(6))
    return StateDict([
        ("base", view(base, (4, 6))),
        ("tied", view(base, (4, 6))),
        ("transposed", view(base, (6, 4), (1, 6))),
        ("row", view(base, (6,), None, 6)),
        ("column", view(base, (4,), (6,), 2)),
        ("every_second", view(base, (2, 3), (12, 2), 1)),
        ("permuted", view(base, (3, 4, 2), (2, 6, 1))),
        ("one_axis", view(base, (1, 6), (999, 1), 18)),
        ("half_transposed", view(small, (3, 2), (1, 3))),
        ("bfloat16_transposed", view(wide, (3, 2), (1, 3))),
        ("expanded", view(small, (5, 6), (0, 1))),
        ("last", view(base, (1,), None, 23)),
        ("none", view(base, (0,), None, 24)),
    ])


def parameters_file():
    return collections.OrderedDict(
        ("module." + name, Call(REBUILD_PARAMETER, value, True, collections.OrderedDict()))
        for name, value in (("w", tensor("Float", (2, 2))), ("b", tensor("Float", (2,), 9))))


def nested_file(key):
    return {
        "epoch": 3, "loss": 0.25, "best": None, "name": "a tést", "done": True, "seed": 2 ** 64 - 1, "negative": -5, "large": 2 ** 40,
        "bytes": b"\x00\xff", "size": Call(SIZE, (2, 3)), "device": Call(DEVICE, "cuda", 0), "dtype": FLOAT32, "list": [1, [2, (3, 4, 5, 6)]],
        "optimizer": {"state": {0: {"step": 1, "exp_avg": tensor("Float", (2,))}}, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.95)}]},
        key: {"_orig_mod.w": tensor("Float", (2, 2), 3), "_orig_mod.b": tensor("BFloat16", (2,), 1)},
    }


def itself():
    loop = {"w": tensor("Float", (2,))}
    loop["self"] = loop
    loop["list"] = [loop]
    return loop


def pkl(*parts):
    """A pickle put together by hand."""
    return b"\x80\x02" + b"".join(parts) + b"."


def text(value):
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def malicious():
    """What a reader must refuse, by what is wrong with it."""
    command = text("touch /tmp/loupe-was-here") + b"\x85"
    state = pickled({"w": tensor("Float", (2,))})[0][2:-1]
    return {
        "reduce_os_system": pkl(b"cos\nsystem\n", command, b"R"),
        "reduce_posix_system": pkl(b"cposix\nsystem\n", command, b"R"),
        "builtins_eval": pkl(b"cbuiltins\neval\n", text("1"), b"\x85R"),
        "old_builtins_exec": pkl(b"c__builtin__\nexec\n", text("1"), b"\x85R"),
        "stack_global": pkl(b"\x8c\x02os\x8c\x06system\x93", command, b"R"),
        "stack_global_number": pkl(b"K\x01K\x02\x93"),
        "behind_a_sound_state": pkl(state, b"cos\nsystem\n", command, b"R0"),
        "inst": pkl(b"(", text("x"), b"ios\nsystem\n"),
        "inst_known": pkl(b"(icollections\nOrderedDict\n"),
        "obj": pkl(b"(ccollections\nOrderedDict\no"),
        "newobj": pkl(b"csubprocess\nPopen\n", command, b"\x81"),
        "newobj_ex": pkl(b"ccollections\nOrderedDict\n)}\x92"),
        "module_class": pkl(b"ctransformers.models.gpt2.modeling_gpt2\nGPT2LMHeadModel\n)\x81}b"),
        "numpy_scalar": pkl(b"cnumpy.core.multiarray\nscalar\n"),
        "getattr": pkl(b"c__builtin__\ngetattr\n"),
        "dotted_name": pkl(b"\x8c\x0bcollections\x8c\x1eOrderedDict.__init__.__class__\x93"),
        "torch_load": pkl(b"ctorch\nload\n"),
        "build_on_dict": pkl(b"}}b"),
        "build_on_tensor": pkl(pickled(tensor("Float", (2,)))[0][2:-1], b"}b"),
        "ext1": pkl(b"\x82\x01"),
        "ext2": pkl(b"\x83\x01\x00"),
        "ext4": pkl(b"\x84\x01\x00\x00\x00"),
        "persid": pkl(b"Pstorage\n"),
        "binpersid_text": pkl(text("storage"), b"Q"),
        "huge_long4": pkl(b"\x8b\xff\xff\xff\x7f"),
        "negative_long4": pkl(b"\x8b\xff\xff\xff\xff"),
        "huge_text": pkl(b"X\xff\xff\xff\xff"),
        "huge_text8": pkl(b"\x8d" + b"\xff" * 7 + b"\x7f"),
        "huge_bytes8": pkl(b"\x8e" + b"\xff" * 8),
        "huge_frame": pkl(b"\x95" + b"\xff" * 8),
        "memo_unknown": pkl(b"j\xff\xff\xff\xff"),
        "tuple_key": pkl(b"})K\x01s"),
        "list_key": pkl(b"}]K\x01s"),
        "call_of_a_type": pkl(b"ctorch\nFloatStorage\n)R"),
        "arguments_no_tuple": pkl(b"ccollections\nOrderedDict\n]R"),
        "empty_stack": pkl(b"0"),
        "below_the_mark": pkl(b"NN(0"),
        "no_mark": pkl(b"t"),
        "odd_dict": pkl(b"(K\x01d"),
        "append_to_a_tuple": pkl(b")K\x01a"),
        "bad_utf8": pkl(b"X\x01\x00\x00\x00\xff"),
        "no_stop": b"\x80\x02N",
        "empty": b"",
        "protocol_0": b"(lp0\n.",
        "protocol_6": b"\x80\x06N.",
        "set": pkl(b"\x8f"),
        "unknown_opcode": pkl(b"\xfe"),
    }


def sharded():
    first = {"a": tensor("Float", (2,), 1)}
    second = {"b": tensor("Half", (2, 2), 2), "c": tensor("Long", (3,), 3)}
    names = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]
    index = {"metadata": {"total_size": 40}, "weight_map": {"b": names[1], "a": names[0], "c": names[1]}}
    return {
        "sharded/" + names[0]: save(first, folder=names[0][:-4]),
        "sharded/" + names[1]: save(second, folder=names[1][:-4]),
        "sharded/pytorch_model.bin.index.json": (json.dumps(index, indent=2) + "\n").encode(),
    }


def damaged():
    """Archives with something wrong in them, or that are of another kind."""
    one = {"w": tensor("Float", (2, 2))}
    pickle_bytes, storages = pickled(one)
    short = Storage("Float", numbers(4))
    short.data = short.data[:8]
    base = Storage("Float", numbers(4))
    legacy = b"".join(pickle.dumps(v, 2) for v in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
    quantised = Storage("QInt8", numbers(4))
    bytes8 = Storage("UntypedStorage", [0] * 4, bytes(4))
    return {
        "deflated.bin": save(one, compression=zipfile.ZIP_DEFLATED),
        "big_endian.bin": save(one, byteorder=b"big"),
        "torchscript.pt": save(one, extra=[("constants.pkl", b"\x80\x02).")]),
        "legacy.bin": legacy,
        "missing_storage.bin": archive(pickle_bytes, []),
        "short_storage.bin": save({"w": view(short, (2, 2))}),
        "beyond.bin": save({"w": view(base, (2, 2), None, 1)}),
        "stride_beyond.bin": save({"w": view(base, (2, 2), (3, 1))}),
        "overflow.bin": save({"w": view(base, (2 ** 33, 2 ** 33), (0, 0))}),
        "stride_overflow.bin": save({"w": view(base, (3, 1), (2 ** 62, 1))}),
        "hidden_overflow.bin": save({"w": view(base, (0, 2 ** 33, 2 ** 33), (0, 0, 0))}),
        "huge_offset.bin": save({"w": view(base, (1,), (1,), 2 ** 63 - 1)}),
        "negative_stride.bin": save({"w": view(base, (2,), (-1,), 1)}),
        "negative_shape.bin": save({"w": view(base, (-2,), (1,))}),
        "strides_missing.bin": save({"w": view(base, (2, 2), (1,))}),
        "many_axes.bin": save({"w": view(base, (1,) * 65)}),
        "conjugated.bin": save({"w": view(base, (2,), (1,), 0, {"neg": True})}),
        "list_of_tensors.bin": save([tensor("Float", (2,))]),
        "no_tensors.bin": save({"epoch": 3, "args": {"lr": 0.1}}),
        "loop_without_tensors.bin": save(loop_without_tensors()),
        "number_as_name.bin": save({3: tensor("Float", (2,))}),
        "quantised_storage.bin": save({"w": view(quantised, (2, 2))}),
        "quantised_tensor.bin": save({"w": Call(REBUILD_QTENSOR, base)}),
        "float8.bin": save({"w": Call(REBUILD_V3, bytes8, 0, (2, 2), (2, 1), False, collections.OrderedDict(), FLOAT8),
                            "v": tensor("Float", (2,))}),
    }


def loop_without_tensors():
    loop = {}
    loop["model"] = loop
    return loop


def main(folder):
    files = {
        "types.bin": save(types_file(), folder="types"),
        "views.bin": save(views_file(), folder="views"),
        "parameters.bin": save(parameters_file()),
        "nested_state_dict.pt": save(nested_file("state_dict")),
        "nested_model.pth": save(nested_file("model"), byteorder=None),
        "nested_model_state_dict.ckpt": save(nested_file("model_state_dict")),
        "itself.bin": save(itself()),
        "zip64.bin": zip64({"w": tensor("Float", (2, 2), 3), "b": tensor("BFloat16", (2,), 1)}),
        "comment.bin": save({"w": tensor("Float", (2, 2), 3), "b": tensor("BFloat16", (2,), 1)}, comment=b"PK\x05\x06 begins no record here, in the comment"),
    }
    for protocol in (3, 4, 5):
        files["protocol_%d.bin" % protocol] = save(nested_file("model"), protocol)
    files.update(sharded())
    files.update(("damaged/" + name, data) for name, data in damaged().items())
    files.update(("malicious/%s.bin" % name, archive(data, [])) for name, data in malicious().items())
    for name, data in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(data)
    print(len(files), "files,", sum(map(len, files.values())), "bytes")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
