from __future__ import annotations
import ast, builtins, sys
import libcst as cst
from pgleak_lint.cfg.graph import *
from pgleak_lint.cfg import ops
from pgleak_lint.source.positions import positions
from pgleak_lint.source.span import Span, NO_SPAN

EXC, CAN, CLO, SYS = EdgeKind.EXCEPTION, EdgeKind.CANCELLATION, EdgeKind.GENERATOR_CLOSE, EdgeKind.SYSTEM_EXIT
EXIT_OF = {EXC: ExitKind.EXCEPTION, CAN: ExitKind.CANCELLATION, CLO: ExitKind.GENERATOR_CLOSE, SYS: ExitKind.PROCESS_END}

def dotted(n):
    if isinstance(n, cst.Name): return n.value
    if isinstance(n, cst.Attribute):
        o=dotted(n.value); return f"{o}.{n.attr.value}" if o else None
    if isinstance(n, cst.Call): return dotted(n.func)
    return None

def bexc(name):
    o=getattr(builtins, name.rpartition('.')[2], None)
    return o if isinstance(o,type) and issubclass(o,BaseException) else None

def matches(types, kind, raised):
    """'yes' 'no' 'maybe'"""
    if types is None: return 'yes'
    res='no'
    for t in types:
        r='maybe'
        if t is not None:
            last=t.rpartition('.')[2]
            if last=='BaseException': r='yes'
            elif kind is CAN: r='yes' if last in ('CancelledError','Cancelled') else 'no'
            elif kind is CLO: r='yes' if last=='GeneratorExit' else 'no'
            elif kind is SYS: r='yes' if last=='SystemExit' else 'no'
            elif last=='Exception': r='yes'
            elif last in ('CancelledError','GeneratorExit','SystemExit','KeyboardInterrupt'): r='no'
            elif raised is not None:
                a,b=bexc(raised),bexc(t)
                if a and b: r='yes' if issubclass(a,b) else 'no'
                elif raised==t: r='yes'
        elif kind is not EXC: r='no'
        if r=='yes': return 'yes'
        if r=='maybe': res='maybe'
    return res

class Frame:
    def __init__(self, outer): self.outer=outer; self.memo={}
class Loop(Frame):
    def __init__(s, outer, brk, cont): super().__init__(outer); s.brk=brk; s.cont=cont
class Try(Frame):
    def __init__(s, outer, handlers, after): super().__init__(outer); s.handlers=handlers; s.after=after
class Fin(Frame):
    def __init__(s, outer, body): super().__init__(outer); s.body=body
class With(Frame):
    def __init__(s, outer, var, is_async, span, after): super().__init__(outer); s.var=var; s.is_async=is_async; s.span=span; s.after=after
class Hand(Frame):
    def __init__(s, outer, kind, raised): super().__init__(outer); s.kind=kind; s.raised=raised

class ModLower:
    def __init__(self, tree):
        self.tree=tree; self.pos=positions(tree); self.units=[]; self.memo={}
    def code(self, n): return self.tree.code_for_node(n).strip() if n is not None else None
    def run(self):
        self.unit(UnitKind.MODULE, self.tree, None, '<module>', '<module>')
        return CodeModule(tuple(self.units))
    def unit(self, kind, node, parent, name, qual):
        key=id(node)
        if key in self.memo: return self.memo[key]
        idx=len(self.units); self.memo[key]=idx; self.units.append(None)
        u=UL(self, idx, parent, kind, node, name, qual); u.run()
        self.units[idx]=u.result()
        return idx

class UL:
    def __init__(self, m, idx, parent, kind, node, name, qual):
        self.m=m; self.idx=idx; self.parent=parent; self.kind=kind; self.node=node; self.name=name; self.qual=qual
        self.ops=[]; self.edges=[]; self.tn=0; self.pn=0
        self.bound=set(); self.used=set(); self.glob=set(); self.nonl=set(); self.params=[]; self.comp=[]
        self.is_gen=False; self.is_async=False
        self.exits={k:self.new() for k in ExitKind}
        self.cur=self.new(); self.entry=self.cur; self.frame=None
    def new(self): self.ops.append([]); self.edges.append([]); return len(self.ops)-1
    def t(self): self.tn+=1; return self.tn
    def pv(self,p): self.pn+=1; return f'${p}{self.pn}'
    def sp(self,n): return self.m.pos.get(id(n), NO_SPAN)
    def emit(self, op):
        if self.cur is not None: self.ops[self.cur].append(op)
    def edge(self, a, b, kind=EdgeKind.NORMAL, raised=None):
        if a is not None: self.edges[a].append((b,kind,raised))
    def jump(self, b):
        self.edge(self.cur,b); self.cur=None
    # raising
    def target(self, frame, kind, raised):
        while isinstance(frame,(Loop,Hand)): frame=frame.outer
        if frame is None: return self.exits[EXIT_OF[kind]]
        key=(kind,raised)
        if key in frame.memo: return frame.memo[key]
        save=(self.cur,self.frame)
        b=self.new(); frame.memo[key]=b
        if isinstance(frame,Fin):
            self.cur=b; self.frame=frame.outer
            self.block(frame.body)
            if self.cur is not None: self.edge(self.cur,self.target(frame.outer,kind,raised),kind if not self.ops[self.cur] and False else EdgeKind.NORMAL)
        elif isinstance(frame,With):
            self.ops[b].append(ops.Exit(frame.var,frame.is_async,True,frame.span))
            self.edge(b,frame.after,EdgeKind.SWALLOW)
            self.edge(b,self.target(frame.outer,kind,raised),kind,raised)
            if frame.is_async and kind is not CAN: self.edge(b,self.target(frame.outer,CAN,None),CAN)
        elif isinstance(frame,Try):
            done=False
            for h in frame.handlers:
                ms=matches(h['types'],kind,raised)
                if ms=='no': continue
                hk=('h',id(h['node']),kind)
                if hk not in frame.memo:
                    hb=self.new(); frame.memo[hk]=hb
                    self.handler(frame,h,kind,hb)
                self.edge(b,frame.memo[hk],EXC if kind is EXC else kind)
                if ms=='yes': done=True; break
            if not done: self.edge(b,self.target(frame.outer,kind,raised),kind,raised)
        self.cur,self.frame=save
        return b
    def handler(self, frame, h, kind, hb):
        self.cur=hb
        one=h['types'][0] if h['types'] and len(h['types'])==1 else None
        self.frame=Hand(frame.outer,kind,one if kind is EXC and one and one.rpartition('.')[2] not in('Exception','BaseException') else None)
        n=h['node']
        self.emit(ops.Catch(self.m.code(n.type) if n.type else '', self.sp(n.type) if n.type else self.sp(n)))
        name=n.name.name.value if n.name else None
        if name:
            self.bound.add(name); t=self.t(); self.emit(ops.Unknown(t,self.sp(n))); self.emit(ops.Store(name,t,self.sp(n.name)))
        self.block(n.body)
        if name and self.cur is not None: self.emit(ops.Delete(name,self.sp(n.name)))
        if self.cur is not None: self.jump(frame.after)
    def raising(self, op, kinds, raised=None, only=False):
        self.emit(op)
        c=self.cur
        if c is None: return
        if only: self.cur=None
        else:
            n=self.new(); self.edge(c,n); self.cur=n
        for k in kinds:
            tb=self.target(self.frame,k,raised if k is EXC else None)
            self.edge(c,tb,k,raised if k is EXC else None)
    # unwinding
    def unwind(self, stop):
        f=self.frame
        save=self.frame
        while f is not stop and self.cur is not None:
            self.frame=f.outer
            if isinstance(f,Fin): self.block(f.body)
            elif isinstance(f,With): self.exit_op(f)
            f=f.outer
        self.frame=save
    def exit_op(self,f):
        self.raising(ops.Exit(f.var,f.is_async,False,f.span),[EXC]+([CAN] if f.is_async else []))
    def run(self):
        n=self.node; k=self.kind
        if k is UnitKind.MODULE: self.block_list(n.body)
        elif k is UnitKind.CLASS: self.block(n.body)
        elif k is UnitKind.LAMBDA:
            self.read_params(n.params); v=self.ex(n.body); self.emit(ops.Store('$return',v,self.sp(n.body))); self.emit(ops.Leave('return',self.sp(n.body)))
            if self.cur is not None: self.jump(self.exits[ExitKind.RETURN])
        elif k is UnitKind.GENERATOR_EXPRESSION:
            self.is_gen=True
            t=self.t(); self.emit(ops.Unknown(t,NO_SPAN)); self.emit(ops.Store('$iter0',t,NO_SPAN))
            self.compfor(n.for_in, lambda: self.gen_yield(n.elt), first='$iter0')
        else:
            self.is_async=n.asynchronous is not None
            self.read_params(n.params); self.block(n.body)
        if self.cur is not None:
            self.emit(ops.Leave('end', self.sp(n))); self.jump(self.exits[ExitKind.RETURN])
    def gen_yield(self,e):
        v=self.ex(e); self.yield_(v,self.sp(e),False)
    def read_params(self,p):
        def add(x,kind):
            self.bound.add(x.name.value)
            self.params.append(Parameter(x.name.value,kind,self.m.code(x.annotation.annotation) if x.annotation else None,self.m.code(x.default) if x.default else None))
        for x in p.posonly_params: add(x,'positional-only')
        for x in p.params: add(x,'positional')
        if isinstance(p.star_arg,cst.Param): add(p.star_arg,'*')
        for x in p.kwonly_params: add(x,'keyword-only')
        if p.star_kwarg: add(p.star_kwarg,'**')
    def result(self):
        # reachability & renumber, coalesce
        seen=set(); st=[self.entry]
        succ=self.edges
        # coalesce empties
        def skip(b):
            s=set()
            while b not in self.exits.values() and not self.ops[b] and len(succ[b])==1 and b not in s:
                s.add(b); b=succ[b][0][0]
            return b
        entry=skip(self.entry)
        order=[]; st=[entry]
        while st:
            b=st.pop()
            if b in seen: continue
            seen.add(b); order.append(b)
            # merge straight
            while True:
                succ[b]=[(skip(t),k,r) for t,k,r in succ[b]]
                break
            st.extend(t for t,_,_ in succ[b])
        for x in self.exits.values():
            if x not in seen: order.append(x)
        order.sort(key=lambda b:(b in self.exits.values(),b))
        num={b:i for i,b in enumerate(order)}
        prio={EdgeKind.NORMAL:0,EdgeKind.TRUE:0,EdgeKind.FALSE:1,EdgeKind.SWALLOW:2}
        blocks=tuple(BasicBlock(num[b],tuple(self.ops[b]),tuple(Edge(num[t],k,r) for t,k,r in sorted(succ[b],key=lambda e:prio.get(e[1],3)))) for b in order)
        g=ControlFlowGraph(blocks,num[entry],tuple((k,num[b]) for k,b in self.exits.items()))
        n=self.node
        free=set(self.used)-self.bound
        for u in self.m.units:
            if u is not None and u.parent==self.idx: free|={x for x in u.free if x not in self.bound}
        return CodeUnit(self.idx,self.parent,self.kind,self.name,self.qual,self.sp(n),g,tuple(self.params),
            self.m.code(n.returns.annotation) if isinstance(n,cst.FunctionDef) and n.returns else None,
            tuple(self.m.code(d.decorator) for d in n.decorators) if isinstance(n,(cst.FunctionDef,cst.ClassDef)) else (),
            tuple(self.m.code(a.value) for a in n.bases) if isinstance(n,cst.ClassDef) else (),
            self.is_async,self.is_gen,frozenset(self.bound-self.glob-self.nonl),frozenset(free|self.glob|self.nonl),frozenset(self.glob),frozenset(self.nonl))
    # statements
    def block(self,b):
        if isinstance(b,cst.SimpleStatementSuite): self.simple(b.body)
        else: self.block_list(b.body)
    def block_list(self,stmts):
        for s in stmts:
            if isinstance(s,cst.SimpleStatementLine): self.simple(s.body)
            else: getattr(self,'s_'+type(s).__name__)(s)
    def simple(self,body):
        for s in body:
            f=getattr(self,'s_'+type(s).__name__,None)
            if f: f(s)
    def s_Expr(self,s):
        v=self.ex(s.value); self.emit(ops.Drop(v,self.sp(s.value)))
    def s_Pass(self,s): pass
    def s_Assign(self,s):
        if len(s.targets)==1:
            self.assign(s.targets[0].target,self.ex(s.value),s.value); return
        v=self.ex(s.value); p=self.pv('v'); self.emit(ops.Store(p,v,self.sp(s.value)))
        for tg in s.targets:
            t=self.t(); self.emit(ops.Load(t,p,self.sp(s.value))); self.assign(tg.target,t,None)
        self.emit(ops.Delete(p,self.sp(s)))
    def s_AnnAssign(self,s):
        ann=self.m.code(s.annotation.annotation)
        if s.value is None:
            d=dotted(s.target)
            if isinstance(s.target,cst.Name): self.bound.add(s.target.value)
            if d: self.emit(ops.Declare(d,ann,self.sp(s)))
            return
        self.assign(s.target,self.ex(s.value),s.value,ann)
    def s_AugAssign(self,s):
        v=self.ex(s.target); w=self.ex(s.value); t=self.t()
        self.emit(ops.Compute(t,'+',(v,w),self.sp(s))); self.assign(s.target,t,None)
    def assign(self,tg,v,src=None,ann=None):
        sp=self.sp(tg)
        if isinstance(tg,cst.Name):
            n=self.nm(tg.value); self.bound.add(n); self.emit(ops.Store(n,v,sp,ann))
        elif isinstance(tg,cst.Attribute):
            o=self.ex(tg.value); self.emit(ops.SetAttr(o,tg.attr.value,v,sp,ann))
        elif isinstance(tg,cst.Subscript):
            o=self.ex(tg.value); k=self.key(tg.slice); self.emit(ops.SetItem(o,k,v,sp))
        elif isinstance(tg,(cst.Tuple,cst.List)):
            els=tg.elements; ds=tuple(self.t() for _ in els)
            star=next((i for i,e in enumerate(els) if isinstance(e,cst.StarredElement)),None)
            lit=isinstance(src,(cst.Tuple,cst.List)) and len(src.elements)==len(els) and not any(isinstance(e,cst.StarredElement) for e in src.elements)
            op=ops.Unpack(ds,v,star,sp,lit)
            if lit: self.emit(op)
            else: self.raising(op,[EXC])
            for e,d in zip(els,ds): self.assign(e.value,d)
        elif isinstance(tg,cst.StarredElement): self.assign(tg.value,v)
        else: self.emit(ops.Drop(v,sp))
    def s_Return(self,s):
        if s.value is not None: v=self.ex(s.value)
        else:
            v=self.t(); self.emit(ops.Const(v,None,self.sp(s)))
        self.emit(ops.Store('$return',v,self.sp(s.value) if s.value else self.sp(s))); self.emit(ops.Leave('return',self.sp(s)))
        self.unwind(None)
        if self.cur is not None: self.jump(self.exits[ExitKind.RETURN])
    def loopframe(self):
        f=self.frame
        while f is not None and not isinstance(f,Loop): f=f.outer
        return f
    def s_Break(self,s):
        f=self.loopframe()
        if f is None: return
        self.emit(ops.Leave('break',self.sp(s))); self.unwind(f)
        if self.cur is not None: self.jump(f.brk)
    def s_Continue(self,s):
        f=self.loopframe()
        if f is None: return
        self.emit(ops.Leave('continue',self.sp(s))); self.unwind(f)
        if self.cur is not None: self.jump(f.cont)
    def s_Raise(self,s):
        v=None; kind=EXC; raised=None; kinds=None
        if s.exc is not None:
            raised=dotted(s.exc)
            v=self.ex(s.exc)
            last=(raised or '').rpartition('.')[2]
            if last in('CancelledError',): kind,raised=CAN,None
            elif last in('SystemExit','KeyboardInterrupt'): kind,raised=SYS,None
            elif last=='GeneratorExit': kind,raised=CLO,None
            elif raised and not last[:1].isupper(): raised=None
            if s.cause is not None: self.emit(ops.Drop(self.ex(s.cause.item),self.sp(s)))
        else:
            f=self.frame
            while f is not None and not isinstance(f,Hand): f=f.outer
            if f is not None: kind,raised=f.kind,f.raised
        self.raising(ops.Raise(v,self.sp(s)),[kind],raised,only=True)
    def s_Assert(self,s):
        a,b=self.new(),self.new()
        self.test(s.test,a,b); self.cur=b
        v=None
        if s.msg is not None: v=self.ex(s.msg)
        self.raising(ops.Raise(v,self.sp(s)),[EXC],'AssertionError',only=True)
        self.cur=a
    def s_Del(self,s): self.delete(s.target)
    def delete(self,t):
        if isinstance(t,cst.Name): self.bound.add(self.nm(t.value)); self.emit(ops.Delete(self.nm(t.value),self.sp(t)))
        elif isinstance(t,cst.Attribute): self.emit(ops.DelAttr(self.ex(t.value),t.attr.value,self.sp(t)))
        elif isinstance(t,cst.Subscript): o=self.ex(t.value); k=self.key(t.slice); self.raising(ops.DelItem(o,k,self.sp(t)),[EXC])
        elif isinstance(t,(cst.Tuple,cst.List)):
            for e in t.elements: self.delete(e.value)
    def s_Global(self,s):
        for n in s.names: self.glob.add(n.name.value)
    def s_Nonlocal(self,s):
        for n in s.names: self.nonl.add(n.name.value)
    def s_Import(self,s):
        for a in s.names:
            full=dotted(a.name); t=self.t()
            if a.asname: mod,name=full,a.asname.name.value
            else: mod=name=full.partition('.')[0]
            self.raising(ops.Import(t,mod,None,self.sp(s)),[EXC]); self.bound.add(name); self.emit(ops.Store(name,t,self.sp(s)))
    def s_ImportFrom(self,s):
        mod='.'*len(s.relative)+(dotted(s.module) if s.module else '')
        if isinstance(s.names,cst.ImportStar):
            t=self.t(); self.raising(ops.Import(t,mod,'*',self.sp(s)),[EXC]); self.emit(ops.Drop(t,self.sp(s))); return
        for a in s.names:
            n=a.name.value; t=self.t(); self.raising(ops.Import(t,mod,n,self.sp(s)),[EXC])
            b=a.asname.name.value if a.asname else n
            self.bound.add(b); self.emit(ops.Store(b,t,self.sp(s)))
    def s_TypeAlias(self,s):
        self.bound.add(s.name.value)
    def s_If(self,s):
        after=self.new()
        while True:
            a,b=self.new(),self.new()
            self.test(s.test,a,b); self.cur=a; self.block(s.body)
            if self.cur is not None: self.jump(after)
            self.cur=b
            if s.orelse is None: break
            if isinstance(s.orelse,cst.Else): self.block(s.orelse.body); break
            s=s.orelse
        if self.cur is not None: self.jump(after)
        self.cur=after
    def s_While(self,s):
        head,body,els,after=self.new(),self.new(),self.new(),self.new()
        self.jump(head); self.cur=head; self.test(s.test,body,els)
        save=self.frame; self.frame=Loop(save,after,head); self.cur=body; self.block(s.body)
        if self.cur is not None: self.jump(head)
        self.frame=save; self.cur=els
        if s.orelse: self.block(s.orelse.body)
        if self.cur is not None: self.jump(after)
        self.cur=after
    def nonempty(self,e):
        if isinstance(e,(cst.List,cst.Tuple,cst.Set)): return any(not isinstance(x,cst.StarredElement) for x in e.elements), True
        if isinstance(e,cst.Call) and isinstance(e.func,cst.Name) and e.func.value=='range' and len(e.args)==1 and isinstance(e.args[0].value,cst.Integer): return int(e.args[0].value.value,0)>0, True
        return False, False
    def iterate(self,e,is_async,src=None):
        v=self.ex(e) if src is None else src; t=self.t(); ne,lit=self.nonempty(e)
        op=ops.Iterate(t,v,is_async,self.sp(e),ne,lit)
        if lit: self.emit(op)
        else: self.raising(op,[EXC])
        it=self.pv('iter'); self.emit(ops.Store(it,t,self.sp(e))); return it,lit
    def next_(self,it,is_async,lit,sp,body,done):
        t=self.t(); op=ops.Next(t,it,is_async,sp,lit); self.emit(op); c=self.cur
        if c is None: self.cur=body; return t
        self.edge(c,body,EdgeKind.TRUE); self.edge(c,done,EdgeKind.FALSE)
        if not lit:
            for k in [EXC]+([CAN] if is_async else []): self.edge(c,self.target(self.frame,k,None),k)
        self.cur=body; return t
    def s_For(self,s):
        is_async=s.asynchronous is not None
        it,lit=self.iterate(s.iter,is_async)
        head,body,els,after=self.new(),self.new(),self.new(),self.new()
        if self.cur is not None: self.jump(head)
        self.cur=head; t=self.next_(it,is_async,lit,self.sp(s.iter),body,els)
        self.assign(s.target,t)
        save=self.frame; self.frame=Loop(save,after,head); self.block(s.body)
        if self.cur is not None: self.jump(head)
        self.frame=save; self.cur=els; self.emit(ops.Delete(it,self.sp(s.iter)))
        if s.orelse: self.block(s.orelse.body)
        if self.cur is not None: self.jump(after)
        self.cur=after
    def types(self,n):
        if n is None: return None
        if isinstance(n,cst.Tuple): return [dotted(e.value) for e in n.elements]
        return [dotted(n)]
    def s_Try(self,s):
        after=self.new(); save=self.frame
        fin=None
        if s.finalbody is not None: fin=Fin(save,s.finalbody.body); self.frame=fin
        outer=self.frame
        join=self.new()
        if s.handlers:
            self.frame=Try(outer,[{'types':self.types(h.type),'node':h} for h in s.handlers],join)
        self.block(s.body)
        self.frame=outer
        if s.orelse is not None and self.cur is not None: self.block(s.orelse.body)
        if self.cur is not None: self.jump(join)
        self.frame=save; self.cur=join
        if fin is not None: self.block(s.finalbody.body)
        if self.cur is not None: self.jump(after)
        self.cur=after
    s_TryStar=s_Try
    def s_With(self,s):
        after=self.new(); save=self.frame; is_async=s.asynchronous is not None
        fs=[]
        for it in s.items:
            v=self.ex(it.item); sp=self.sp(it.item); var=self.pv('with'); self.emit(ops.Store(var,v,sp)); t=self.t()
            self.raising(ops.Enter(t,var,is_async,sp),[EXC]+([CAN] if is_async else []))
            f=With(self.frame,var,is_async,sp,after); self.frame=f; fs.append(f)
            if it.asname: self.assign(it.asname.name,t)
            else: self.emit(ops.Drop(t,sp))
        self.block(s.body)
        self.unwind(save); self.frame=save
        if self.cur is not None: self.jump(after)
        self.cur=after
    def s_Match(self,s):
        v=self.ex(s.subject); var=self.pv('match'); self.emit(ops.Store(var,v,self.sp(s.subject))); after=self.new()
        for c in s.cases:
            nxt=self.new(); self.pattern(c.pattern,var,nxt)
            if c.guard is not None:
                a=self.new(); self.test(c.guard,a,nxt); self.cur=a
            self.block(c.body)
            if self.cur is not None: self.jump(after)
            self.cur=nxt
        if self.cur is not None: self.jump(after)
        self.cur=after
    def pattern(self,p,var,nxt):
        sp=self.sp(p)
        if isinstance(p,cst.MatchAs):
            if p.pattern is not None: self.pattern(p.pattern,var,nxt)
            if p.name is not None:
                t=self.t(); self.emit(ops.Load(t,var,sp)); self.bound.add(p.name.value); self.emit(ops.Store(p.name.value,t,sp))
            return
        t=self.t(); kw={}
        if isinstance(p,cst.MatchSingleton): pat={'None':'none','True':'true','False':'false'}[p.value.value]
        elif isinstance(p,cst.MatchValue):
            pat='value'
            try: kw['constant']=ast.literal_eval(self.m.code(p.value))
            except Exception: pat='other'
        else: pat='other'
        self.emit(ops.MatchTest(t,var,pat,sp,**kw)); a=self.new(); self.br(t,sp,a,nxt); self.cur=a
        stack=[p]
        while stack:
            n=stack.pop()
            if isinstance(n,(cst.MatchAs,cst.MatchStar)) and n.name is not None and n is not p:
                u=self.t(); self.emit(ops.Unknown(u,sp)); self.bound.add(n.name.value); self.emit(ops.Store(n.name.value,u,sp))
            stack.extend(c for c in n.children)
    def nested(self,kind,s,name):
        q=name if self.kind is UnitKind.MODULE else f'{self.qual}.{name}'
        return self.m.unit(kind,s,self.idx,name,q)
    def s_FunctionDef(self,s):
        decs=[self.ex(d.decorator) for d in s.decorators]
        for p in (*s.params.posonly_params,*s.params.params,*s.params.kwonly_params):
            if p.default is not None: self.emit(ops.Drop(self.ex(p.default),self.sp(p)))
        u=self.nested(UnitKind.FUNCTION,s,s.name.value); self.absorb(u)
        t=self.t(); self.emit(ops.MakeFunction(t,u,self.sp(s)))
        self.decorate(s,decs,t)
    def decorate(self,s,decs,t):
        for d,v in reversed(list(zip(s.decorators,decs))):
            r=self.t(); self.raising(ops.Call(r,v,(ops.Argument(t),),self.sp(d.decorator),True),[EXC]); t=r
        self.bound.add(s.name.value); self.emit(ops.Store(s.name.value,t,self.sp(s.name)))
    def absorb(self,u): pass
    def s_ClassDef(self,s):
        decs=[self.ex(d.decorator) for d in s.decorators]
        for a in (*s.bases,*s.keywords): self.emit(ops.Drop(self.ex(a.value),self.sp(a)))
        u=self.nested(UnitKind.CLASS,s,s.name.value)
        t=self.t(); self.emit(ops.MakeClass(t,u,self.sp(s))); self.decorate(s,decs,t)
    # tests
    def br(self,t,sp,a,b):
        self.emit(ops.Branch(t,sp)); self.edge(self.cur,a,EdgeKind.TRUE); self.edge(self.cur,b,EdgeKind.FALSE); self.cur=None
    def test(self,e,a,b):
        if isinstance(e,cst.UnaryOperation) and isinstance(e.operator,cst.Not): self.test(e.expression,b,a); return
        if isinstance(e,cst.BooleanOperation):
            m=self.new()
            if isinstance(e.operator,cst.And): self.test(e.left,m,b)
            else: self.test(e.left,a,m)
            self.cur=m; self.test(e.right,a,b); return
        c=self.code_const(e)
        if c is not None: self.jump(a if c else b); return
        v=self.ex(e); self.br(v,self.sp(e),a,b) if self.cur is not None else None
    def code_const(self,e):
        if isinstance(e,cst.Name) and e.value in('True','False'): return e.value=='True'
        if isinstance(e,cst.Integer): return int(e.value,0)!=0
        return None
    def nm(self,n):
        for d in reversed(self.comp):
            if n in d: return d[n]
        return n
    # expressions
    def ex(self,e):
        f=getattr(self,'e_'+type(e).__name__,None)
        if f: return f(e)
        t=self.t(); self.emit(ops.Unknown(t,self.sp(e))); return t
    def const(self,e,v):
        t=self.t(); self.emit(ops.Const(t,v,self.sp(e))); return t
    def e_Name(self,e):
        if e.value in('True','False','None'): return self.const(e,{'True':True,'False':False,'None':None}[e.value])
        n=self.nm(e.value); self.used.add(n); t=self.t(); self.emit(ops.Load(t,n,self.sp(e))); return t
    def e_Integer(self,e): return self.const(e,e.evaluated_value)
    def e_Float(self,e): return self.const(e,e.evaluated_value)
    def e_Imaginary(self,e): return self.const(e,0.0)
    def e_SimpleString(self,e):
        return self.const(e,e.evaluated_value)
    def e_ConcatenatedString(self,e):
        v=e.evaluated_value
        if v is not None: return self.const(e,v)
        return self.comp_('format',[self.ex(e.left),self.ex(e.right)],e)
    def e_Ellipsis(self,e): return self.const(e,ops.EllipsisValue())
    def comp_(self,op,vs,e):
        t=self.t(); self.emit(ops.Compute(t,op,tuple(vs),self.sp(e))); return t
    def e_FormattedString(self,e):
        vs=[]
        def parts(ps):
            for p in ps:
                if isinstance(p,(cst.FormattedStringExpression,)):
                    vs.append(self.ex(p.expression))
                    if p.format_spec: parts(p.format_spec)
        parts(e.parts); return self.comp_('format',vs,e)
    def e_Attribute(self,e):
        o=self.ex(e.value); t=self.t(); self.emit(ops.Attr(t,o,e.attr.value,self.sp(e))); return t
    def key(self,sl):
        ks=[]
        for x in sl:
            if isinstance(x.slice,cst.Index): ks.append(self.ex(x.slice.value))
            else:
                vs=[self.ex(y) for y in (x.slice.lower,x.slice.upper,x.slice.step) if y is not None]; ks.append(self.comp_('slice',vs,x))
        if len(ks)==1: return ks[0]
        t=self.t(); self.emit(ops.Build(t,'tuple',tuple(ks),(False,)*len(ks),NO_SPAN)); return t
    def e_Subscript(self,e):
        o=self.ex(e.value); k=self.key(e.slice); t=self.t(); self.raising(ops.Item(t,o,k,self.sp(e)),[EXC]); return t
    def e_Call(self,e):
        f=self.ex(e.func); args=[]
        for a in e.args: args.append(ops.Argument(self.ex(a.value),a.keyword.value if a.keyword else None,a.star))
        t=self.t(); d=dotted(e.func)
        op=ops.Call(t,f,tuple(args),self.sp(e))
        if d in('sys.exit','os._exit','os.abort','exit','quit'):
            self.raising(op,[SYS],only=True); self.cur=self.new(); self.emit(ops.Unknown(t,NO_SPAN)); return t
        self.raising(op,[EXC]); return t
    def e_Await(self,e):
        v=self.ex(e.expression); t=self.t(); self.raising(ops.Await(t,v,self.sp(e)),[EXC,CAN]); return t
    def yield_(self,v,sp,d):
        self.is_gen=True; t=self.t(); self.raising(ops.Yield(t,v,sp,d),[EXC,CLO]); return t
    def e_Yield(self,e):
        if isinstance(e.value,cst.From): return self.yield_(self.ex(e.value.item),self.sp(e),True)
        v=self.ex(e.value) if e.value is not None else self.const(e,None)
        return self.yield_(v,self.sp(e),False)
    def e_UnaryOperation(self,e):
        n={'Not':'not','Minus':'-','Plus':'+','BitInvert':'~'}[type(e.operator).__name__]
        return self.comp_(n,[self.ex(e.expression)],e)
    def e_BinaryOperation(self,e): return self.comp_('+',[self.ex(e.left),self.ex(e.right)],e)
    def e_BooleanOperation(self,e):
        # value context: p = left; if p (or not): r = right
        v=self.ex(e.left); p=self.pv('b'); self.emit(ops.Store(p,v,self.sp(e.left)))
        t=self.t(); self.emit(ops.Load(t,p,self.sp(e.left))); r=self.t(); after,a,b=self.new(),self.new(),self.new()
        if self.cur is None: self.cur=self.new()
        self.br(t,self.sp(e.left),a,b)
        keep,go=(b,a) if isinstance(e.operator,cst.And) else (a,b)
        self.cur=keep; t=self.t(); self.emit(ops.Load(t,p,self.sp(e.left))); self.emit(ops.Copy(r,t,self.sp(e))); self.jump(after)
        self.cur=go; w=self.ex(e.right); self.emit(ops.Copy(r,w,self.sp(e)))
        if self.cur is not None: self.jump(after)
        self.cur=after; self.emit(ops.Delete(p,self.sp(e))); return r
    def e_IfExp(self,e):
        a,b,after,r=self.new(),self.new(),self.new(),self.t()
        self.test(e.test,a,b)
        for x,y in((a,e.body),(b,e.orelse)):
            self.cur=x; v=self.ex(y); self.emit(ops.Copy(r,v,self.sp(y)))
            if self.cur is not None: self.jump(after)
        self.cur=after; return r
    def e_Comparison(self,e):
        names={'Equal':'==','NotEqual':'!=','LessThan':'<','GreaterThan':'>','LessThanEqual':'<=','GreaterThanEqual':'>=','Is':'is','IsNot':'is-not','In':'in','NotIn':'not-in'}
        l=self.ex(e.left)
        vs=[l]+[self.ex(c.comparator) for c in e.comparisons]
        if len(vs)==2: return self.comp_(names[type(e.comparisons[0].operator).__name__],vs,e)
        return self.comp_('format',vs,e)
    def e_NamedExpr(self,e):
        v=self.ex(e.value); n=e.target.value; self.bound.add(n); self.emit(ops.Store(n,v,self.sp(e.target))); t=self.t(); self.emit(ops.Load(t,n,self.sp(e))); return t
    def build(self,kind,els,e):
        vs=[];st=[]
        for x in els:
            if isinstance(x,(cst.DictElement,)): vs+=[self.ex(x.key),self.ex(x.value)]; st+=[False,False]
            else: vs.append(self.ex(x.value)); st.append(isinstance(x,(cst.StarredElement,cst.StarredDictElement)))
        t=self.t(); self.emit(ops.Build(t,kind,tuple(vs),tuple(st),self.sp(e))); return t
    def e_Tuple(self,e): return self.build('tuple',e.elements,e)
    def e_List(self,e): return self.build('list',e.elements,e)
    def e_Set(self,e): return self.build('set',e.elements,e)
    def e_Dict(self,e): return self.build('dict',e.elements,e)
    def e_Lambda(self,e):
        u=self.nested(UnitKind.LAMBDA,e,'<lambda>'); t=self.t(); self.emit(ops.MakeFunction(t,u,self.sp(e))); return t
    def e_GeneratorExp(self,e):
        self.emit(ops.Drop(self.ex(e.for_in.iter),self.sp(e.for_in.iter)))
        u=self.nested(UnitKind.GENERATOR_EXPRESSION,e,'<genexpr>'); t=self.t(); self.emit(ops.MakeFunction(t,u,self.sp(e))); return t
    def comprehension(self,kind,e,elts):
        t=self.t(); self.emit(ops.Build(t,kind,(),(),self.sp(e))); acc=self.pv('comp'); self.emit(ops.Store(acc,t,self.sp(e)))
        def add():
            for x in elts: self.emit(ops.Append(acc,self.ex(x),self.sp(e)))
        self.compfor(e.for_in,add)
        r=self.t(); self.emit(ops.Load(r,acc,self.sp(e))); self.emit(ops.Delete(acc,self.sp(e))); return r
    def e_ListComp(self,e): return self.comprehension('list',e,[e.elt])
    def e_SetComp(self,e): return self.comprehension('set',e,[e.elt])
    def e_DictComp(self,e): return self.comprehension('dict',e,[e.key,e.value])
    def compfor(self,c,inner,first=None):
        is_async=c.asynchronous is not None
        if first: it,lit=first,False
        else: it,lit=self.iterate(c.iter,is_async)
        names={}
        def coll(tg):
            if isinstance(tg,cst.Name): self.pn+=1; names[tg.value]=f'{tg.value}@{self.pn}'
            elif isinstance(tg,(cst.Tuple,cst.List)):
                for x in tg.elements: coll(x.value)
        coll(c.target)
        head,body,done=self.new(),self.new(),self.new()
        if self.cur is not None: self.jump(head)
        self.cur=head; t=self.next_(it,is_async,lit,self.sp(c.iter),body,done)
        self.comp.append(names); self.assign(c.target,t)
        for i in c.ifs:
            a=self.new(); self.test(i.test,a,head); self.cur=a
        if c.inner_for_in: self.compfor(c.inner_for_in,inner)
        else: inner()
        self.comp.pop()
        if self.cur is not None: self.jump(head)
        self.cur=done; self.emit(ops.Delete(it,self.sp(c.iter)))

def lower_module(tree): return ModLower(tree).run()
