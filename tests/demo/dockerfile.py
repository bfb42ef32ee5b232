"""A Dockerfile as stages of instructions. It knows what ours uses: no heredocs, no escapes but the end of a line."""
import re


class Stage:
    """One FROM and what follows, as (instruction, rest) in order."""

    def __init__(self, name, base):
        self.name, self.base, self.instructions = name, base, []

    def all(self, instruction):
        return [rest for name, rest in self.instructions if name == instruction]

    def last(self, instruction):
        return self.all(instruction)[-1]

    def positions(self, *instructions):
        return [index for index, (name, _) in enumerate(self.instructions) if name in instructions]

    def commands(self):
        """What its RUN steps call, one by one."""
        return [command.strip() for step in self.all("RUN") for command in step.split("&&")]


class Stages(dict):
    """By name, in the order of the file; `arguments` stand before the first."""

    def __init__(self):
        super().__init__()
        self.arguments = {}

    def line_of(self, name):
        """A stage and those that it stands on."""
        line = []
        while name in self:
            line.append(self[name])
            name = self[name].base
        return line


def read(path):
    text = re.sub(r"^[ \t]*#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    stages, current = Stages(), None
    for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines():
        if not line.strip():
            continue
        instruction, rest = line.split(None, 1)
        if instruction == "FROM":
            base, _, name = re.fullmatch(r"(\S+)( AS (\S+))", rest).groups()
            current = stages[name] = Stage(name, base)
        elif current is None:
            if instruction != "ARG":
                raise ValueError(f"{line}: stands before the first stage")
            name, _, value = rest.partition("=")
            stages.arguments[name] = value
        else:
            current.instructions.append((instruction, rest))
    return stages
