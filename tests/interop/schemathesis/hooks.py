"""What the description cannot say: a body may repeat the names in its path, but then they must be the same."""
import schemathesis


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict):
        for name in ("service", "id"):
            body.pop(name, None)
    return body
