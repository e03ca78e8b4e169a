import sys,time,ast
sys.path.insert(0,"/work/main/docs/tutorial")
import matplotlib; matplotlib.use("Agg")
import contextlib, io
def test_p():
    import notebooks
    for page in notebooks.PAGES[1:]:
        ns={"__name__":"__main__"}
        for c in notebooks.read(page):
            t=time.process_time()
            with contextlib.redirect_stdout(io.StringIO()): exec(compile(c.code,"x","exec"),ns)
            d=time.process_time()-t
            if d>0.3: print(page.name[:2], c.line, round(d,2), c.code.strip().splitlines()[-1][:60])
