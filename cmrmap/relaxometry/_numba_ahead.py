"""Makes the library of the compiled fit: ``python -m cmrmap.relaxometry._numba_ahead [FOLDER]``.

Numba compiles the kernel for each level of the processor, in a process each; what LLVM makes of it is linked by ``ld``
(binutils). Before it is kept, it must fit as the kernel does that numba compiled in the same process, where this
machine can run that level.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from cmrmap.relaxometry import _ahead

#: the memory of arrays, in place of numba's runtime: the block that numba's code expects, then the data (numba/core/
#: runtime/nrt.h: count, destructor and its argument, data, size, allocator)
_MEMORY = """
declare ptr @aligned_alloc(i64, i64)
declare void @free(ptr)
define ptr @NRT_MemInfo_alloc_aligned(i64 %size, i32 %align) {
  %with_head = add i64 %size, 127
  %whole = and i64 %with_head, -64
  %block = call ptr @aligned_alloc(i64 64, i64 %whole)
  %none = icmp eq ptr %block, null
  br i1 %none, label %end, label %fill
fill:
  call void @llvm.memset.p0.i64(ptr %block, i8 0, i64 64, i1 false)
  store i64 1, ptr %block
  %data = getelementptr i8, ptr %block, i64 64
  %data_at = getelementptr i8, ptr %block, i64 24
  store ptr %data, ptr %data_at
  %size_at = getelementptr i8, ptr %block, i64 32
  store i64 %size, ptr %size_at
  br label %end
end:
  ret ptr %block
}
define void @NRT_MemInfo_call_dtor(ptr %block) {
  call void @free(ptr %block)
  ret void
}
define void @NRT_Free(ptr %data) {
  call void @free(ptr %data)
  ret void
}
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
"""
#: what the library may ask for, all of the C library's
_ALLOWED = {"aligned_alloc", "free", "memcpy", "memmove", "memset", "sqrt"}


def main() -> None:
    """Make the library of every level, or of one."""
    parser = argparse.ArgumentParser(prog=f"python -m {_ahead.COMPILER}", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=_ahead.FOLDER, help="default: where it is looked for")
    parser.add_argument("--level", choices=tuple(_ahead.LEVELS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.level is None:
        make_all(given.folder)
    else:
        _make(given.folder, given.level)


def make_all(folder: Path) -> None:
    """Make the library of every level; earlier ones in the folder are replaced.

    Parameters
    ----------
    folder : made where absent; must hold nothing else

    Raises
    ------
    SystemExit
        the folder holds other files: replaced as a whole, it would lose them
    subprocess.CalledProcessError
        one could not be made; what it said is on stderr
    """
    held = {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name} if folder.exists() else set()
    others = [name for name in held - {_ahead.ABOUT} if not fnmatch(name, _ahead.LIBRARIES)]
    if others:
        raise SystemExit(
            f"the folder holds other files ({len(others)}); give a new folder, or one of earlier libraries"
        )
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "ahead"
        made.mkdir()
        for level in _ahead.LEVELS:  # numba reads these when it is imported
            settings = {"NUMBA_CPU_NAME": level, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": scratch}
            command = [sys.executable, "-m", _ahead.COMPILER, str(made), "--level", level]
            subprocess.run(command, env={**os.environ, **settings}, check=True)
        about = {name: importlib.import_module(name).__version__ for name in ("numba", "llvmlite", "numpy")}
        (made / _ahead.ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)
    folder.chmod(0o755)


def _make(folder: Path, level: str) -> None:
    from cmrmap.relaxometry._numba_flat import alike, fit_flat

    path = folder / _ahead.library_name(level)
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "fit.o"
        made.write_bytes(_object_code(fit_flat.inspect_llvm(), fit_flat.native_name.removeprefix("cfunc."), level))
        command = ["ld", "-shared", "-z", "noexecstack", "-z", "relro", "-z", "now", "--build-id=none", "--strip-all"]
        subprocess.run([*command, "-o", str(path), str(made)], check=True)
    path.chmod(0o644)
    own = _ahead.processor_level()
    if own is None or list(_ahead.LEVELS).index(own) > list(_ahead.LEVELS).index(level):
        print(f"{path.name}: made; not tried, this processor has less")
        return
    kernel = _ahead.load_level(folder, level)
    if kernel is None or not alike(kernel):
        path.unlink()
        raise SystemExit(f"{path.name} does not fit as the kernel does that numba compiled; it was not kept")
    print(f"{path.name}: made, and fits as the kernel does")


def _object_code(ir: str, name: str, level: str) -> bytes:
    """Return what LLVM makes of numba's code: one function that can be called, and the memory of arrays.

    Numba's wrapper, which tells Python of errors, goes: the function itself returns a status.
    """
    llvm: Any = importlib.import_module("llvmlite.binding")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(ir)
    module.link_in(llvm.parse_assembly(_MEMORY))
    for one in (*module.functions, *module.global_variables):
        if not one.is_declaration:
            one.linkage = "external" if one.name == name else "internal"
    module.get_function(name).name = _ahead.ENTRY
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=level, opt=3, reloc="pic", codemodel="default"
    )
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3)))
    module.verify()
    asked = {one.name for one in module.functions if one.is_declaration and not one.name.startswith("llvm.")}
    asked |= {one.name for one in module.global_variables if one.is_declaration}
    if not asked <= _ALLOWED:
        raise SystemExit(
            f"the compiled fit asks for {', '.join(sorted(asked - _ALLOWED))}; expected the C library only"
        )
    code: bytes = machine.emit_object(module)
    return code


if __name__ == "__main__":
    main()
