import runpy

runpy.run_module("app", run_name="__main__", alter_sys=True)
