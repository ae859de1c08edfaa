"""Backward: the backward sweep, statement by statement in reverse.

In: ``Facts``, ``Plan`` and the tapes. Out: the statements of the backward sweep and the
expressions of the results.

Invariant: that of ``adjoint``. ``state`` says how each gradient is kept at the point reached:
absent (zero, no statement yet), ``owned`` (an array nothing else refers to, or a number), or
``shared`` (it may be the same array as another gradient: added to by rebinding, not in place).
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, replace

from numba import types

from ..analysis.accumulations import only_adds
from ..analysis.derivatives import substitute
from ..analysis.facts import Facts, Path
from ..analysis.partial import Partial
from ..analysis.recording import Plan, Rebuild, rounds_name
from ..errors import Complaint, UnsupportedError
from ..frontend.inlining.body import backward_of, gradient_of
from ..program import (
    Alias,
    Assign,
    Block,
    Call,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Push,
    Stmt,
    Store,
    Swap,
    View,
    While,
    binds,
    blocks,
    bound,
    exposed,
    names,
    uses,
    walk,
)
from .records import Tapes
from .shadows import element_type, mirror, np_name, shape_of, zeros
from .tapes import backward_range


class Backward:
    """Collects the backward sweep; one instance for one program."""

    def __init__(self, facts: Facts, plan: Plan, tapes: Tapes) -> None:
        self.facts = facts
        self.plan = plan
        self.tapes = tapes
        self.out: list[Stmt] = []
        self.state: dict[str, str] = {}
        self.touched: set[str] = set()
        self.inside: Path = ()
        self.line = 0
        self.guards: dict[str, Guard] = {}
        self.recursive = facts.program.recursive
        self.uses = Counter(n for s in walk(facts.program.body) for n in uses(s))
        self.exposed: dict[Path, set[str]] = {}
        views = {s.target for s in walk(facts.program.body) if isinstance(s, View | Alias)}
        self.mirrored = {n for n in views if facts.is_paired(n)}
        for name in facts.active:
            if facts.is_dynamic(name):
                self.state[name] = "owned"

    # The whole sweep and its results

    def program(self, value: Expr) -> list[Stmt]:
        """The backward sweep from the gradient of the result."""
        self.seed(value)
        self.block(self.facts.program.body[:-1], ())
        return self.out

    def suffix(self, value: Expr, fused: tuple[int, ...]) -> list[Stmt]:
        """The sweep from the gradient of the result to the first of the loops that are fused."""
        self.seed(value)
        body = self.facts.program.body[:-1]
        for k in reversed([k for k in range(fused[0], len(body)) if k not in fused]):
            self.line = body[k].line
            self.statement(body[k], (k,))
        return self.flushed()

    def seed(self, value: Expr) -> None:
        """The gradient of the result: 1 for a number, an argument (the caller's) for an array."""
        if not isinstance(value, ast.Name) or value.id not in self.facts.active:
            return
        if self.facts.is_array(value.id):
            self.state[value.id] = "shared"
            return
        if self.recursive:
            self.state[value.id] = "owned"
            return
        self.emit(Assign(self.facts.gradient(value.id), ast.Constant(1.0)))
        self.state[value.id] = "owned"

    def round(self, stmt: For, position: int) -> tuple[list[Stmt], list[Stmt]]:
        """What a loop that is fused needs before it, and the reversal of one round."""
        self.rebuild((position,))
        body, touched = self.nested(stmt.body, (position, 0))
        for name in sorted(touched):
            self.own(name)
        return self.flushed(), body

    def prefix(self, position: int) -> list[Stmt]:
        """The sweep over what comes before a loop that is fused."""
        self.block(self.facts.program.body[:position], ())
        return self.flushed()

    def flushed(self) -> list[Stmt]:
        """The statements emitted so far, which are then forgotten."""
        done, self.out = self.out, []
        return done

    def results(
        self, structure: dict[str, tuple[str, ...] | str], tupled: bool
    ) -> tuple[Expr, list[Stmt]]:
        """The gradients that are returned, and the statements they need."""
        self.out = []
        seen: set[str] = set()
        found = []
        for parts in structure.values():
            if isinstance(parts, str):
                found.append(self.result(parts, seen))
            else:
                found.append(ast.Tuple([self.result(p, seen) for p in parts], ast.Load()))
        bare = len(found) == 1 and not tupled
        whole: Expr = found[0] if bare else ast.Tuple(found, ast.Load())
        return whole, self.out

    def result(self, name: str, seen: set[str]) -> Expr:
        """One gradient, as a fresh value of the argument's dtype."""
        kind = self.facts.program.types[name]
        if name not in self.state:
            self.emit(zeros(self.facts, name))
        gradient: Expr = ast.Name(self.facts.gradient(name), ast.Load())
        if isinstance(kind, types.Array):
            if kind.dtype != types.float64:
                return ast.Call(np_name("astype"), [gradient, np_name(str(kind.dtype))], [])
            if self.state.get(name) == "shared":
                return ast.Call(np_name("copy"), [gradient], [])
        elif kind == types.float32:
            return ast.Call(np_name("float32"), [gradient], [])
        return gradient

    # Blocks and compound statements

    def emit(self, stmt: Stmt) -> None:
        """Append a statement."""
        self.out.append(stmt)

    def block(self, body: Block, path: Path) -> None:
        """Reverse a block."""
        for position in reversed(range(len(body))):
            stmt = body[position]
            self.line = stmt.line
            self.statement(stmt, (*path, position))

    def nested(self, body: Block, path: Path) -> tuple[list[Stmt], set[str]]:
        """A block of its own in reverse, and the outer gradients that it touches.

        Every outer gradient counts as owned at its start and is owned at its end.
        """
        saved = self.out, self.state, self.touched, self.inside, self.guards
        self.out, self.touched, self.inside, self.guards = [], set(), path, dict(self.guards)
        outer = {n for n in self.facts.active if not self.is_local(n, path)}
        born = {n for n in outer if self.is_born(n, path)}
        carried = {n for n in self.facts.active if self.facts.is_dynamic(n)}
        self.state = dict.fromkeys(sorted((outer - born) | carried), "owned")
        self.state |= {n: how for n, how in saved[1].items() if n in born}
        outer -= born - saved[1].keys()
        self.block(body, path)
        touched = self.touched & outer
        for name in sorted(touched):
            if name in self.state or not self.is_born(name, path):
                self.own(name)
        found = self.out
        self.out, self.state, self.touched, self.inside, self.guards = saved
        self.touched |= touched
        return found, touched

    def is_local(self, name: str, path: Path) -> bool:
        """Whether a name lives inside one run of a block: its gradient starts at zero there."""
        home = self.facts.home.get(name, ())
        return home[: len(path)] == path and name not in self.carried(path)

    def is_born(self, name: str, path: Path) -> bool:
        """Whether a name has no value before a block of a recursive function."""
        home = self.facts.home.get(name, ())
        if not self.recursive or name in self.facts.program.params or name in self.carried(home):
            return False
        for depth in range(len(home), len(path), 2):
            body = self.body_at(path[:depth])
            position = path[depth]
            if isinstance(body[position], For | While):
                return False
            if name in bound(body[:position]):
                return False
        return True

    def carried(self, path: Path) -> set[str]:
        """Names that a block may read before it sets them: carried from round to round."""
        if path not in self.exposed:
            self.exposed[path] = exposed(self.body_at(path))
        return self.exposed[path]

    def body_at(self, path: Path) -> Block:
        """The block at a path."""
        body: Block = self.facts.program.body
        for depth in range(0, len(path), 2):
            body = blocks(body[path[depth]])[path[depth + 1]]
        return body

    def own(self, name: str) -> None:
        """Make sure that a gradient is there and shares memory with nothing."""
        gradient = self.facts.gradient(name)
        if self.facts.is_list(name):
            self.own_list(name)
        elif name not in self.state:
            assert name not in self.mirrored, f"the shadow of {name} is a part of another"
            self.emit(zeros(self.facts, name, self.in_rounds()))
        elif self.state[name] == "shared":
            copied = ast.Call(np_name("copy"), [ast.Name(gradient, ast.Load())], [])
            self.emit(Assign(gradient, copied))
        self.state[name] = "owned"
        self.touched.add(name)

    def in_rounds(self) -> bool:
        """Whether what the forward sweep made may be gone."""
        return bool(self.inside) or self.recursive

    def statement(self, stmt: Stmt, here: Path) -> None:
        """Reverse one statement."""
        match stmt:
            case If() | For() | While():
                self.rebuild(here)
                if self.facts.is_alive(stmt) or self.records_inside(here):
                    self.compound(stmt, here)
                self.restore(stmt, here)
            case Assign() | View() | Alias():
                self.assignment(stmt, here)
            case Store() | Increment():
                self.rebuild(here)
                if stmt.target in self.facts.active:
                    self.store(stmt, here)
                else:
                    self.restore(stmt, here)
            case Swap():
                self.rebuild(here)
                self.swap(stmt)
            case Call():
                self.called(stmt, here)
            case Push(tape=t) | Pop(tape=t):
                self.rebuild(here)
                if self.facts.is_list_of_arrays(t):
                    self.restore(stmt, here)
                else:
                    self.listed(stmt, here)
            case _:
                self.rebuild(here)

    def records_inside(self, here: Path) -> bool:
        """Whether something inside a statement restores what an earlier reversal needs."""
        found = [p for p, cells in self.plan.before.items() if cells and p[: len(here)] == here]
        return any(len(p) > len(here) for p in found)

    def compound(self, stmt: If | For | While, here: Path) -> None:
        """Reverse a branch or a loop."""
        parts = [self.nested(b, (*here, which)) for which, b in enumerate(blocks(stmt))]
        if not any(body for body, _ in parts):
            return
        for name in sorted(set().union(*(touched for _, touched in parts))):
            if name not in self.state or not self.is_born(name, (*here, 0)):
                self.own(name)
        bodies = [tuple(body) for body, _ in parts]
        if isinstance(stmt, If):
            self.branch(stmt, bodies[0], bodies[1])
        else:
            self.loop(stmt, bodies[0], here)

    def branch(self, stmt: If, body: Block, orelse: Block) -> None:
        """The branch taken, in reverse."""
        if body:
            self.emit(If(stmt.test, body, orelse))
        else:
            self.emit(If(ast.UnaryOp(ast.Not(), stmt.test), orelse))

    def loop(self, stmt: For | While, body: Block, here: Path) -> None:
        """The rounds of a loop, the last first; in the same order where they are independent."""
        if isinstance(stmt, For) and self.is_independent(stmt, body, here):
            self.emit(replace(stmt, body=body))
            return
        one, minus = ast.Constant(1), ast.Constant(-1)
        if isinstance(stmt, For) and not stmt.exit:
            bounds = backward_range(stmt)
            if bounds is not None:
                self.emit(For(stmt.counter, *bounds, body))
                return
            counted: Expr = ast.Call(
                ast.Name("len", ast.Load()),
                [ast.Call(ast.Name("range", ast.Load()), [stmt.start, stmt.stop, stmt.step], [])],
                [],
            )
        else:
            counted = ast.Name(rounds_name(stmt), ast.Load())
        first = ast.BinOp(counted, ast.Sub(), one)
        if isinstance(stmt, While):
            counter = self.tapes.fresh("k")
            self.emit(For(counter, ast.Constant(0), counted, one, body))
            return
        if ast.unparse(stmt.start) == "0" and ast.unparse(stmt.step) == "1":
            self.emit(For(stmt.counter, first, minus, minus, body))
            return
        counter = self.tapes.fresh("k")
        distance = ast.BinOp(ast.Name(counter, ast.Load()), ast.Mult(), stmt.step)
        now = Assign(stmt.counter, ast.BinOp(stmt.start, ast.Add(), distance))
        self.emit(For(counter, first, minus, minus, (now, *body)))

    def is_independent(self, stmt: For, body: Block, here: Path) -> bool:
        """Whether no round reads what another leaves, nor the order of what was recorded."""
        ordered = any(isinstance(s, Push | Pop) for s in walk(body)) or self.records_inside(here)
        return not ordered and only_adds(self.facts, stmt, here)

    # What is brought back

    def rebuild(self, here: Path) -> None:
        """Bring back the values that are rebuilt at a statement."""
        for found in self.plan.rebuild.get(here, ()):
            self.rebuild_one(found, here)

    def rebuild_one(self, found: Rebuild, here: Path) -> None:
        """Replay one definition, or take its value from its record."""
        facts = self.facts
        if found.how == "record":
            path = next(p for p, n in self.tapes.after if n == found.name)
            own, shadow = self.tapes.after[path, found.name]
            self.emit(own.take(found.name))
            if shadow is not None:
                self.emit(shadow.take(facts.gradient(found.name)))
            return
        in_loop = any(isinstance(s, For | While) for s in self.around(here))
        if in_loop or self.recursive:
            self.emit(found.stmt)
        if found.name in facts.active and facts.is_paired(found.name):
            source = getattr(found.stmt, "source", None)
            if source is not None:
                if not facts.is_dynamic(found.name):
                    self.own(source)
                for stmt in mirror(facts, found.stmt):
                    self.emit(stmt)
                self.state[found.name] = "owned"

    def around(self, path: Path) -> list[Stmt]:
        """The statements around a path."""
        found: list[Stmt] = []
        body: Block = self.facts.program.body
        for depth in range(0, len(path) - 1, 2):
            found.append(body[path[depth]])
            body = blocks(body[path[depth]])[path[depth + 1]]
        return found

    def restore(self, stmt: Stmt, here: Path) -> None:
        """Put back the old values that a statement overwrote."""
        for cell in sorted(self.plan.before.get(here, ()), reverse=True):
            own, shadow = self.tapes.before[here, cell]
            if not cell.startswith("mem:"):
                self.emit(own.take(cell))
                if shadow is not None:
                    self.emit(shadow.take(self.facts.gradient(cell)))
                continue
            assert isinstance(stmt, Store | Increment)
            index = stmt.index if stmt.index is not None else ast.Slice()
            taken = own.take(stmt.target)
            if isinstance(taken, Assign):
                self.emit(Store(stmt.target, index, taken.value))
            else:
                name = self.tapes.fresh("old")
                self.emit(own.take(name))
                self.emit(Store(stmt.target, index, ast.Name(name, ast.Load())))

    # Assignments

    def assignment(self, stmt: Assign | View | Alias, here: Path) -> None:
        """Reverse ``z = op(x, y)``, an alias or a view."""
        facts, target = self.facts, stmt.target
        given = facts.partials[id(stmt)] if target in facts.active else ()
        if not isinstance(stmt, Assign) and facts.is_paired(target):
            given = ()
        itself = any(p.operand == target for p in given)
        reads_new = any(target in p.reads for p in given) and not itself
        wants_old = any(
            target in uses(r.stmt)
            for r in self.plan.rebuild.get(here, ())
            if r.how == "replay" and isinstance(r.stmt, Assign | View | Alias)
        ) and bool(self.plan.before.get(here))
        if reads_new and wants_old:
            new = self.tapes.fresh(f"{target}_new")
            self.emit(Assign(new, ast.Name(target, ast.Load())))
            given = tuple(renamed(p, target, new) for p in given)
            itself = True
        if itself or wants_old:
            if facts.is_dynamic(target):
                held = self.tapes.fresh("taken")
                self.emit(Alias(held, facts.gradient(target)))
                given = tuple(renamed(p, facts.gradient(target), held) for p in given)
            self.restore(stmt, here)
        self.rebuild(here)
        if given and (target in self.state):
            given = self.computed_once(stmt, given)
            self.touched.add(target)
            self.note_guards(stmt, given)
            self.give_all(given, target, stmt)
        elif target in self.state and not facts.is_paired(target) and not is_part(stmt, facts):
            self.take(target)
        if not (itself or wants_old):
            self.restore(stmt, here)

    def computed_once(self, stmt: Stmt, given: tuple[Partial, ...]) -> tuple[Partial, ...]:
        """What gives several gradients at once is called once, whatever they are given to."""
        match stmt:
            case Assign(value=ast.Call(func=ast.Name(id=name))) if name in self.facts.program.gates:
                match given[0].value:
                    case ast.Subscript(value=ast.Call(func=ast.Name()) as call):
                        held = self.tapes.fresh("slopes")
                        self.emit(Assign(held, call))
                        slopes = ast.Name(held, ast.Load())
                        return tuple(self.part(p, slopes) for p in given)
            case Assign(value=ast.Call(func=ast.Name(id=name), args=args)) if (
                name in self.facts.program.routines
            ):
                if self.facts.is_array(stmt.target):
                    return self.parts_of_gradient(given)
                held = self.tapes.fresh("slopes")
                call = ast.Call(ast.Name(gradient_of(name), ast.Load()), args, [])
                self.emit(Assign(held, call))
                slopes = ast.Name(held, ast.Load())
                return tuple(replace(p, value=_with_slopes(p.value, slopes)) for p in given)
        return given

    def parts_of_gradient(self, given: tuple[Partial, ...]) -> tuple[Partial, ...]:
        """The gradients that a recursive function's gradient returns, called once."""
        call = given[0].value
        held = self.tapes.fresh("slopes")
        slopes = ast.Name(held, ast.Load())
        if not isinstance(call, ast.Subscript):
            self.emit(Assign(held, call))
            return tuple(replace(p, value=slopes) for p in given)
        self.emit(Assign(held, call.value))
        return tuple(self.part(p, slopes) for p in given)

    def part(self, p: Partial, slopes: Expr) -> Partial:
        """A part of what a backward function returned, by a name of its own where it is added."""
        assert isinstance(p.value, ast.Subscript)
        value: Expr = ast.Subscript(slopes, p.value.slice, ast.Load())
        if p.operand in self.state and self.facts.is_array(p.operand):
            name = self.tapes.fresh("slope")
            self.emit(Assign(name, value))
            value = ast.Name(name, ast.Load())
        return replace(p, value=value)

    def give_all(self, given: tuple[Partial, ...], target: str, stmt: Stmt) -> None:
        """Give the gradient of a target to its operands; the target's own part comes last."""
        paired = self.facts.is_paired(target)
        for p in given:
            if p.operand != target or paired:
                self.give(p, target, stmt)
        own = [p for p in given if p.operand == target]
        if paired:
            return
        if not own:
            self.take(target)
            return
        total: Expr | None = None
        for p in own:
            value = self.shaped(p, target, stmt)
            if p.index is not None:
                self.refuse("an array that is bound to a part of itself in a loop")
            if total is None:
                total = negated(value) if p.negative else value
            else:
                op = ast.Sub() if p.negative else ast.Add()
                total = ast.BinOp(total, op, value)
        assert total is not None
        if ast.unparse(total) != self.facts.gradient(target):
            self.emit(Assign(self.facts.gradient(target), total))

    def take(self, target: str) -> None:
        """The gradient of a value that has just been defined ends here."""
        if not self.facts.is_paired(target) and self.state.pop(target, None) is not None:
            self.touched.add(target)

    def called(self, stmt: Call, here: Path) -> None:
        """Reverse the call of a recursive function: its backward function takes from the tapes."""
        facts = self.facts
        assert not self.plan.before.get(here), "the target of a call has a value before it"
        self.rebuild(here)
        if not facts.is_alive(stmt):
            return
        seed: list[Expr] = []
        for target in filter(facts.is_floating, binds(stmt)):
            if target not in self.state:
                self.own(target)
            seed = [ast.Name(facts.gradient(target), ast.Load())]
        arrays, added = self.gradients_of_arrays(stmt)
        operands = [stmt.value.args[k] for k in stmt.active]
        numbers = [a for a in operands if not is_array_of(facts, a)]
        slopes = self.tapes.fresh("slopes") if numbers else None
        func = ast.Name(backward_of(stmt.function), ast.Load())
        value = ast.Call(func, [*stmt.value.args, *arrays, *seed], [])
        changed = (*stmt.changed, *(a.id for a in arrays))
        self.emit(Call(slopes, value, changed, line=stmt.line))
        for target in binds(stmt):
            self.take(target)
        for name, gradient in added:
            self.accumulate(name, ast.Name(gradient, ast.Load()))
        for k, operand in enumerate(numbers):
            part: Expr = ast.Name(str(slopes), ast.Load())
            if len(numbers) > 1:
                part = ast.Subscript(part, ast.Constant(k), ast.Load())
            if isinstance(operand, ast.Name) and operand.id in facts.active:
                self.accumulate(operand.id, part)

    def gradients_of_arrays(self, stmt: Call) -> tuple[list[ast.Name], list[tuple[str, str]]]:
        """What a call's backward function adds gradients of arrays to.

        Those made here, with the names of the arrays to whose gradients they are to be added.
        """
        facts = self.facts
        found: list[ast.Name] = []
        added: list[tuple[str, str]] = []
        for operand in (stmt.value.args[k] for k in stmt.active):
            if not isinstance(operand, ast.Name) or not facts.is_array(operand.id):
                continue
            gradient = facts.gradient(operand.id)
            active = operand.id in facts.active
            if active and facts.is_paired(operand.id):
                self.own(operand.id)
            else:
                gradient = self.tapes.fresh("slope" if active else "unused")
                self.emit(Assign(gradient, ast.Call(np_name("zeros_like"), [operand], [])))
                if active:
                    added.append((operand.id, gradient))
            found.append(ast.Name(gradient, ast.Load()))
        return found, added

    def note_guards(self, stmt: Stmt, given: tuple[Partial, ...]) -> None:
        """What feeds only one branch of ``np.where`` gives nothing, not even nan, elsewhere."""
        match stmt:
            case Assign(target=t, value=ast.Call(func=func, args=[ast.Name() as c, *branches])) if (
                ast.unparse(func) == "np.where" and len(branches) == 2
            ):
                for taken, branch in zip((True, False), branches, strict=True):
                    if isinstance(branch, ast.Name) and self.uses[branch.id] == 1:
                        self.guards[branch.id] = self.guard(c, taken, branch.id, t, stmt)
            case Assign(target=t) if t in self.guards:
                for name in (p.operand for p in given if p.elementwise):
                    same = self.facts.keeps_shape(stmt, name)
                    if same and self.uses[name] == 1 and self.facts.counts[name] == 1:
                        self.guards[name] = self.guards[t]

    def guard(
        self, condition: ast.Name, taken: bool, branch: str, target: str, stmt: Stmt
    ) -> Guard:
        """Where a branch of ``np.where`` is used, in the branch's own shape."""
        facts = self.facts
        same = facts.same_shape(stmt, condition.id, branch)
        if same or not facts.is_array(branch) or not facts.is_array(condition.id):
            return Guard(self.kept(condition), taken)
        one, zero = ast.Constant(1.0), ast.Constant(0.0)
        gradient = ast.Name(facts.gradient(target), ast.Load())
        ones: Expr = ast.Call(np_name("full_like"), [gradient, one], [])
        counted = Guard(condition, taken).around(ones)
        shape = shape_of(facts, branch)
        times = ast.Call(ast.Name("unbroadcast", ast.Load()), [counted, shape], [])
        name = self.tapes.fresh("used")
        self.emit(Assign(name, ast.Compare(times, [ast.Gt()], [zero])))
        return Guard(ast.Name(name, ast.Load()), True)

    def kept(self, condition: ast.Name) -> ast.Name:
        """A condition under a name whose value the backward sweep does not put back."""
        facts = self.facts
        if facts.counts[condition.id] == 1 and facts.classes.get(condition.id) not in facts.written:
            return condition
        name = self.tapes.fresh("used")
        array = facts.is_array(condition.id)
        self.emit(Assign(name, ast.Call(np_name("copy"), [condition], []) if array else condition))
        return ast.Name(name, ast.Load())

    def shaped(self, p: Partial, target: str, stmt: Stmt) -> Expr:
        """A contribution in the shape of its operand: guarded, and broadcasting undone."""
        guard = self.guards.get(target)
        if guard is not None and self.facts.is_array(target) and p.elementwise:
            if isinstance(p.value, ast.BinOp | ast.UnaryOp | ast.Call):
                p = replace(p, value=guard.around(p.value))
        return self.undone(p, target, stmt)

    def undone(self, p: Partial, target: str, stmt: Stmt) -> Expr:
        """A contribution in the shape of its operand: broadcasting undone."""
        facts = self.facts
        if p.shape != "elementwise" or not facts.is_array(target):
            return p.value
        if not facts.is_array(p.operand):
            return ast.Call(np_name("sum"), [p.value], [])
        if facts.keeps_shape(stmt, p.operand):
            return p.value
        shape = shape_of(facts, p.operand)
        return ast.Call(ast.Name("unbroadcast", ast.Load()), [p.value, shape], [])

    def give(self, p: Partial, target: str, stmt: Stmt) -> None:
        """``grad_x += contribution``, as an assignment where it is the first."""
        value = self.shaped(p, target, stmt)
        if p.index is not None:
            self.own(p.operand)
            gradient = self.facts.gradient(p.operand)
            self.emit(Increment(gradient, p.index, value, p.negative))
            return
        self.accumulate(p.operand, value, p.negative, spread=p.shape == "spread")

    def accumulate(
        self, name: str, value: Expr, negative: bool = False, spread: bool = False
    ) -> None:
        """Add a value to the gradient of a name."""
        facts = self.facts
        gradient = facts.gradient(name)
        array = facts.is_array(name)
        self.touched.add(name)
        if name in self.state and self.state[name] == "shared":
            op = ast.Sub() if negative else ast.Add()
            self.emit(Assign(gradient, ast.BinOp(ast.Name(gradient, ast.Load()), op, value)))
            self.state[name] = "owned"
            return
        scalar = spread and array and not self.reads_array(value)
        plain = not (facts.is_paired(name) or self.in_rounds())
        if name not in self.state and scalar and plain:
            like: list[Expr] = [ast.Name(name, ast.Load()), negated(value) if negative else value]
            self.emit(Assign(gradient, ast.Call(np_name("full_like"), like, [])))
            self.state[name] = "owned"
            return
        if name not in self.state and array and (spread or facts.is_paired(name)):
            self.own(name)
        if name in self.state:
            exact = not spread and name in facts.steady
            self.emit(Increment(gradient, None, value, negative, exact))
            return
        self.emit(Assign(gradient, negated(value) if negative else value))
        self.state[name] = "shared" if array and not negative and not is_fresh(value) else "owned"
        if array and not negative and isinstance(value, ast.Name):
            self.share(value.id)

    def share(self, gradient: str) -> None:
        """The gradient of this name is now another's as well."""
        for name in self.state:
            if self.facts.gradient(name) == gradient and not self.facts.is_paired(name):
                self.state[name] = "shared"

    def reads_array(self, value: Expr) -> bool:
        """Whether an expression has an array in it (its own gradients are named after theirs)."""
        arrays = {n for n in self.facts.program.types if self.facts.is_array(n)}
        return bool(names(value) & (arrays | {self.facts.gradient(n) for n in arrays}))

    # Memory

    def store(self, stmt: Store | Increment, here: Path) -> None:
        """Reverse ``a[i] = v`` (take, zero, restore, give) or ``a[i] += v`` (restore, give)."""
        facts = self.facts
        array = stmt.target
        if array not in self.state:
            self.restore(stmt, here)
            return
        self.own(array)
        index: Expr = stmt.index if stmt.index is not None else ast.Slice()
        shadow = ast.Subscript(ast.Name(facts.gradient(array), ast.Load()), index, ast.Load())
        single = element_type(facts, stmt) is not None
        self.refuse_repeats(index, stmt)
        value = stmt.value
        active = isinstance(value, ast.Name) and value.id in facts.active
        overwrites = isinstance(stmt, Store)
        taken: Expr = shadow
        if active and not single:
            taken = ast.Call(np_name("copy"), [shadow], [])
            if overwrites and facts.is_array(value.id):  # type: ignore[attr-defined]
                name = self.tapes.fresh("taken")
                self.emit(Assign(name, taken))
                taken = ast.Name(name, ast.Load())
        if active and isinstance(value, ast.Name) and not facts.is_array(value.id):
            given: Expr = shadow if single else ast.Call(np_name("sum"), [shadow], [])
            self.accumulate(value.id, given, negative=isinstance(stmt, Increment) and stmt.negative)
            active = False
        if overwrites:
            self.emit(Store(facts.gradient(array), index, ast.Constant(0.0)))
        self.restore(stmt, here)
        if active and isinstance(value, ast.Name):
            undone: Expr = taken
            if not (is_whole(index) and facts.same_shape(stmt, value.id, array)):
                shape = shape_of(facts, value.id)
                undone = ast.Call(ast.Name("unbroadcast", ast.Load()), [taken, shape], [])
            negative = isinstance(stmt, Increment) and stmt.negative
            self.accumulate(value.id, undone, negative)

    def refuse_repeats(self, index: Expr, stmt: Stmt) -> None:
        """A store through an index array: which of several stores wins is not tracked."""
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        for part in parts:
            kind = self.facts.program.types.get(part.id) if isinstance(part, ast.Name) else None
            if isinstance(kind, types.Array) and not isinstance(kind.dtype, types.Boolean):
                self.refuse("a store through an index array")

    def refuse(self, what: str) -> None:
        """Raise for something that the backward sweep does not know."""
        reason = f"{what} cannot be differentiated yet"
        raise UnsupportedError(Complaint(None, f"line {self.line}: {reason}", "write the loop"))

    def swap(self, stmt: Swap) -> None:
        """Undo ``u, v = v, u`` for values and gradients alike."""
        facts = self.facts
        self.emit(Swap(stmt.sources, stmt.targets))
        if not any(t in facts.active for t in stmt.targets):
            return
        for name in stmt.targets:
            self.own(name)
        self.emit(
            Swap(
                tuple(map(facts.gradient, stmt.sources)),
                tuple(map(facts.gradient, stmt.targets)),
            )
        )

    def listed(self, stmt: Push | Pop, here: Path) -> None:
        """Lists: ``h.append(v)`` gives to ``v`` what is popped from the shadow, and back."""
        facts = self.facts
        if isinstance(stmt, Push) and stmt.tape in facts.active:
            self.own_list(stmt.tape)
            value = stmt.value
            if isinstance(value, ast.Name) and value.id in facts.active:
                name = self.tapes.fresh("taken")
                self.emit(Pop(name, facts.gradient(stmt.tape)))
                self.accumulate(value.id, ast.Name(name, ast.Load()))
            else:
                self.emit(Pop(None, facts.gradient(stmt.tape)))
        elif isinstance(stmt, Pop) and stmt.tape in facts.active:
            self.own_list(stmt.tape)
            if stmt.target is not None and stmt.target in self.state:
                gradient: Expr = ast.Name(facts.gradient(stmt.target), ast.Load())
            else:
                gradient = ast.Constant(0.0)
            self.emit(Push(facts.gradient(stmt.tape), gradient))
            if stmt.target is not None:
                self.take(stmt.target)
        self.unlist(stmt)
        self.restore(stmt, here)

    def unlist(self, stmt: Push | Pop) -> None:
        """Undo what a statement did to the list itself."""
        if isinstance(stmt, Push):
            self.emit(Pop(None, stmt.tape))
        elif stmt.target is not None:
            self.emit(Push(stmt.tape, ast.Name(stmt.target, ast.Load())))

    def own_list(self, name: str) -> None:
        """A list of zeros, as long as the list, as its shadow."""
        if name not in self.state:
            length = ast.Call(ast.Name("len", ast.Load()), [ast.Name(name, ast.Load())], [])
            zeros = ast.BinOp(ast.List([ast.Constant(0.0)], ast.Load()), ast.Mult(), length)
            self.emit(Assign(self.facts.gradient(name), zeros))
            self.state[name] = "owned"
        self.touched.add(name)


def _with_slopes(value: Expr, slopes: Expr) -> Expr:
    """``seed * call[k]`` or ``seed * call`` with the call by its name."""
    match value:
        case ast.BinOp(left=left, op=op, right=ast.Subscript(slice=k)):
            return ast.BinOp(left, op, ast.Subscript(slopes, k, ast.Load()))
        case ast.BinOp(left=left, op=op):
            return ast.BinOp(left, op, slopes)
    return value


@dataclass(frozen=True)
class Guard:
    """Where a value is used at all: where a condition holds, or where it does not."""

    condition: ast.Name
    taken: bool

    def around(self, value: Expr) -> Expr:
        """The value where it counts, 0 elsewhere."""
        zero = ast.Constant(0)
        branches: list[Expr] = [value, zero] if self.taken else [zero, value]
        return ast.Call(np_name("where"), [self.condition, *branches], [])


def is_array_of(facts: Facts, operand: Expr) -> bool:
    """Whether an operand is an array."""
    return isinstance(operand, ast.Name) and facts.is_array(operand.id)


def is_part(stmt: Stmt, facts: Facts) -> bool:
    """Whether a statement takes a part from a parameter that is a tuple."""
    match stmt:
        case Assign(value=ast.Subscript(value=ast.Name(id=name))):
            return isinstance(facts.program.types.get(name), types.BaseTuple)
    return False


def renamed(p: Partial, old: str, new: str) -> Partial:
    """A partial that reads another name."""
    mapping = {old: ast.Name(new, ast.Load())}
    return replace(p, value=substitute(p.value, mapping))


def negated(value: Expr) -> Expr:
    """``-value``, with the sign at the first factor of a product."""
    match value:
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
            return ast.BinOp(negated(left), op, right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return operand
    return ast.UnaryOp(ast.USub(), value)


def is_fresh(value: Expr) -> bool:
    """Whether an expression's result is an array of its own."""
    match value:
        case ast.BinOp():
            return True
        case ast.UnaryOp():
            return True
        case ast.Call(func=func):
            fresh = ("np.sum", "np.copy", "np.where", "np.outer", "np.exp", "add_at", "put_at")
            return ast.unparse(func) in fresh
    return False


def is_whole(index: Expr) -> bool:
    """Whether a subscript selects all of an array."""
    match index:
        case ast.Constant(value=v):
            return v is ...
        case ast.Slice(lower=None, upper=None, step=None):
            return True
    return False
