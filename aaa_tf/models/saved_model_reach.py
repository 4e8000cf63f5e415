"""What a SavedModel runs: the operations reachable from a signature, initialisers and gradients.

    for node, where in reach(graph_def, functions=["__inference_signature_wrapper_12"]): ...

The library of functions is followed through calls, through every attribute that names a function
(branches, loop bodies), and through gradients; a graph of TensorFlow 1 backwards through inputs.
"""

import collections


def reach(graph_def, *, functions=(), nodes=()):
    """Every node that can run.

    Args:
        graph_def: GraphDef with its function library.
        functions: names of library functions that run.
        nodes: names of nodes of the main graph that run.

    Yields:
        (NodeDef, name of its function or None for the main graph), calls of functions left out.
    """
    library = _Library(graph_def.library)
    waiting = collections.deque(name for name in functions if name in library.functions)
    seen = set(waiting)

    def call(names):
        new = {name for name in names if name in library.functions} - seen
        seen.update(new)
        waiting.extend(sorted(new))

    for node in _backwards(graph_def, nodes):
        call(library.called_by(node))
        if node.op not in library.functions:
            yield node, None
    while waiting:
        function = waiting.popleft()
        call(library.beside(function))
        for node in library.functions[function].node_def:
            call(library.called_by(node))
            if node.op not in library.functions:
                yield node, function


def called_functions(graph_def) -> frozenset:
    """Names of the library functions that a function of the library calls."""
    library = _Library(graph_def.library)
    nodes = (node for function in graph_def.library.function for node in function.node_def)
    return frozenset(name for node in nodes for name in library.called_by(node))


class _Library:
    """The functions of a graph, and which of them one leads to."""

    def __init__(self, library):
        self.functions = {function.signature.name: function for function in library.function}
        self._gradients = collections.defaultdict(set)
        for gradient in library.gradient:
            self._gradients[gradient.function_name].add(gradient.gradient_func)
        self._custom_gradients = collections.defaultdict(set)
        for gradient in library.registered_gradients:
            self._custom_gradients[gradient.registered_op_type].add(gradient.gradient_func)
        # Grappler may put another implementation of the same interface in a function's place.
        self._implementations = collections.defaultdict(set)
        for name, function in self.functions.items():
            if "api_implements" in function.attr:
                self._implementations[function.attr["api_implements"].s].add(name)

    def called_by(self, node):
        """Names of functions that a node calls, gradients included."""
        yield node.op
        for value in node.attr.values():
            for function in (value.func, *value.list.func):
                yield function.name
                for inner in function.attr.values():
                    yield inner.func.name
            yield from self._custom_gradients.get(_text(value.s), ())

    def beside(self, name):
        """Names of functions that may run where `name` does: gradients, other implementations."""
        yield from self._gradients.get(name, ())
        for value in self.functions[name].attr.values():
            yield _text(value.s)
            yield from self._implementations.get(value.s, ())


def _text(value):
    return value.decode(errors="replace")


def _backwards(graph_def, names):
    """The nodes that `names` depend on, themselves included."""
    by_name = {node.name: node for node in graph_def.node}
    waiting = [node_name(name) for name in names]
    seen = set()
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in seen:
            seen.add(name)
            yield by_name[name]
            waiting.extend(node_name(source) for source in by_name[name].input)


def node_name(tensor: str) -> str:
    """The node of "name:0", "^name" or "name"."""
    return tensor.removeprefix("^").split(":")[0]
