"""Last round: of a backward loop through which a gradient passes to one round, only that round.

In: a Program at level "loops". Out: the same, where ``best = min(best, square)``, or a test under
which a name is set, decides in each round of a loop who has the gradient of ``best``: the last
round that set it. Its number is kept instead of what was recorded for the tests, and the loop that
reverses the rounds becomes that round.

Invariant: what is left out adds zero to what it adds to, and binds names that nobody reads. (Where
zero would be multiplied by infinity it adds nothing, not nan.) The gradient is zero after the round
that has it; one that no round has stays what it is, or is lost where ``min`` met nan.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from numba import types

from ...analysis.exposed import exposed
from ...analysis.least import natural_loops
from ...naming import free_name
from ...program import (
    Assign,
    Block,
    Expr,
    For,
    If,
    Increment,
    Program,
    Stmt,
    Store,
    While,
    binding_counts,
    binds,
    blocks,
    bound,
    names,
    taken_names,
    times_bound,
    walk,
    with_blocks,
)
from .contraction import renamed
from .decisions import Decision, decisions, is_decided, resolved
from .effects import memory_classes, written_memory
from .joint import is_of_round, reverses
from .lane_loops import following
from .own_names import with_own_names

NOBODY, LOST = ast.parse("-1", mode="eval").body, ast.parse("-2", mode="eval").body


def last_rounds(program: Program) -> Program:
    """The program with one round for such loops."""
    taken = taken_names(program)
    search = Search(program, natural_loops(program), taken)

    def change(body: Block, after: set[str]) -> Block:
        result: list[Stmt] = []
        for stmt, later in following(body, after):
            around = later | (exposed((stmt,)) if isinstance(stmt, For | While) else set())
            result.append(with_blocks(stmt, tuple(change(b, around) for b in blocks(stmt))))
        return search.shortened(tuple(result), body, after)

    body = change(program.body, set())
    return program.with_body(body, types={**program.types, **search.kinds})


@dataclass
class Search:
    """The loops of a program that qualify, and the names made for them."""

    program: Program
    natural: frozenset[int]
    taken: set[str]

    def __post_init__(self) -> None:
        self.kinds: dict[str, types.Type] = {}
        self.classes = memory_classes(self.program)
        self.shared = Counter(self.classes.values())
        self.counts = binding_counts(self.program)
        self.stores = Counter(
            s.target for s in walk(self.program.body) if isinstance(s, Store | Increment)
        )

    def shortened(self, body: Block, before: Block, after: set[str]) -> Block:
        """A block with one round for its loops; ``before``: as it was."""
        for k, back in enumerate(before):
            if not isinstance(back, For) or body[k] != back:
                continue
            later = exposed(before[k + 1 :]) | after
            for f, forward in enumerate(before[:k]):
                if not isinstance(forward, For) or body[f] != forward:
                    continue
                if new := self.pair(before[f : k + 1], later):
                    return (*body[:f], *new[0], *body[f + 1 : k], *new[1], *body[k + 1 :])
        return body

    def pair(self, between: Block, later: set[str]) -> tuple[Block, Block] | None:
        """What stands for a loop, the first statement, and for its reverse, the last."""
        forward, back = between[0], between[-1]
        assert isinstance(forward, For) and isinstance(back, For)
        ends = names(forward.start) | names(forward.stop)
        if id(forward) not in self.natural or not reverses(forward, back):
            return None
        if ends & bound(between) or back.counter in later:
            return None
        for decision in decisions(back, later):
            sources = self.known(decision, between)
            if sources is not None and is_decided(decision, back.body):
                return self.one_round(decision, sources, forward, back, later)
        return None

    def known(self, decision: Decision, between: Block) -> tuple[int, Mapping[str, Expr]] | None:
        """Where the forward loop knows all that the test reads, and in what words."""
        forward, back = between[0], between[-1]
        assert isinstance(forward, For) and isinstance(back, For)
        found: dict[str, Expr] = {}
        places: list[int] = []
        for name in names(decision.test):
            load = only(name, back)
            place = None if load is None else self.place(load, between)
            if place is None:
                return None
            stmt = forward.body[place]
            found[name] = stmt.value if isinstance(stmt, Store) else ast.Name(name, ast.Load())
            places.append(place)
        later = (bound(forward.body[place + 1 : max(places) + 1]) for place in places)
        if any(names(v) & n for v, n in zip(found.values(), later, strict=True)):
            return None
        return max(places) + 1, found

    def place(self, load: Assign, between: Block) -> int | None:
        """The statement of the forward loop that recorded a value, or computed it as well."""
        forward = between[0]
        assert isinstance(forward, For)
        match load.value:
            case ast.Subscript(value=ast.Name(id=tape), slice=index) if self.is_tape(tape):
                fixed = not ({tape} | names(index)) - {forward.counter} & bound(between)
                return self.store(load, forward) if fixed else None
        return self.again(load, between)

    def is_tape(self, name: str) -> bool:
        """Whether an array is made once, shares no memory, and is stored to at one place."""
        alone = self.shared[self.classes.get(name, name)] <= 1
        return alone and self.counts[name] == 1 and self.stores[name] == 1

    def again(self, stmt: Assign, between: Block) -> int | None:
        """The statement of the forward loop that has computed what one of its reverse computes."""
        forward, back = between[0], between[-1]
        assert isinstance(forward, For) and isinstance(back, For)
        first = only(stmt.target, forward)
        if first is None or ast.unparse(first.value) != ast.unparse(stmt.value):
            return None
        written = written_memory(between, self.classes)
        place = next(k for k, s in enumerate(forward.body) if s is first)
        for name in names(stmt.value) - {forward.counter}:
            if self.classes.get(name, name) in written:
                return None
            source = only(name, back)
            earlier = self.again(source, between) if source is not None else None
            if name in bound(between) and (earlier is None or earlier >= place):
                return None
        return place

    def store(self, load: Assign, forward: For) -> int | None:
        """The statement of the forward loop that recorded what a statement reads."""
        assert isinstance(load.value, ast.Subscript) and isinstance(load.value.value, ast.Name)
        for k, stmt in enumerate(forward.body):  # elsewhere: not in every round
            if isinstance(stmt, Store) and stmt.target == load.value.value.id:
                same = ast.unparse(stmt.index) == ast.unparse(load.value.slice)
                own = same and is_of_round(stmt.index, forward)
                return k if own and isinstance(stmt.value, ast.Name) else None
        return None

    def one_round(
        self,
        decision: Decision,
        sources: tuple[int, Mapping[str, Expr]],
        forward: For,
        back: For,
        later: set[str],
    ) -> tuple[Block, Block]:
        """The forward loop that keeps the number of the last round, and that round reversed."""
        place, words = sources
        last = free_name(f"last_{forward.counter}", self.taken)
        self.kinds[last] = types.int64
        keeps = decision.keeps
        other: Expr = ast.Name(last, ast.Load())
        if keeps is not None:
            other = ast.IfExp(in_words(keeps, words), other, LOST)
        counter = ast.Name(forward.counter, ast.Load())
        number = Assign(last, ast.IfExp(in_words(decision.test, words), counter, other))
        body = (*forward.body[:place], number, *forward.body[place:])
        note = f"the round to which `{decision.carried}` goes"
        ahead = (Assign(last, NOBODY, comment=note), replace(forward, body=body))
        inside = needed(resolved(back.body, decision, True), set(words), later)
        test = ast.Compare(ast.Name(last, ast.Load()), [ast.GtE()], [ast.Constant(0)])
        inside = renamed(inside, back.counter, last)
        own, kinds = times_bound(back.body), {**self.program.types, **self.kinds}
        inside = with_own_names(inside, own, self.counts, kinds, self.taken)
        self.kinds |= kinds
        round_ = If(test, inside, line=back.line)
        if keeps is None or decision.carried not in later:
            return ahead, (round_,)
        lost = ast.Compare(ast.Name(last, ast.Load()), [ast.Eq()], [LOST])
        return ahead, (round_, If(lost, (Assign(decision.carried, ast.Constant(0.0)),)))


def only(name: str, loop: For) -> Assign | None:
    """The only statement of a loop that binds a name, where it is one of its body's own."""
    found = [s for s in walk(loop.body) if name in binds(s)]
    match found:
        case [Assign() as stmt] if any(stmt is s for s in loop.body):
            return stmt
    return None


def in_words(test: Expr, words: Mapping[str, Expr]) -> Expr:
    """A test in the names of the forward loop."""
    match test:
        case ast.Compare(left=ast.Name(id=a), ops=ops, comparators=[ast.Name(id=b)]):
            return ast.Compare(words[a], ops, [words[b]])
        case ast.Name(id=name):
            return words[name]
    raise AssertionError(ast.unparse(test))


def needed(body: Block, loaded: set[str], later: set[str]) -> Block:
    """A block without the loads of names that nobody reads."""
    result: list[Stmt] = []
    for k, stmt in enumerate(body):
        read = exposed(body[k + 1 :]) | later
        if isinstance(stmt, Assign) and stmt.target in loaded and stmt.target not in read:
            continue
        result.append(stmt)
    return tuple(result)
