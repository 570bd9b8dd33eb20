"""The metrics, matchers and groupings that a PromQL expression names. Whether it is PromQL at all, promtool says."""
import re

GROUPING = re.compile(r'\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)')
SELECTOR = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{([^}]*)\}')
MATCHER = re.compile(r'([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
NAME = re.compile(r'[a-zA-Z_:][a-zA-Z0-9_:]*')
KEYWORDS = {'and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan'}


def concrete(expression):
    """With Grafana's variables replaced by what they could stand for."""
    return (expression.replace('$__rate_interval', '1m').replace('$__interval', '1m')
            .replace('$__tags', 'service="public-web"'))


class Query:
    def __init__(self, expression):
        self.matchers = [(metric, *matcher) for metric, inside in SELECTOR.findall(expression)
                         for matcher in MATCHER.findall(inside)]
        self.groupings = {name.strip() for group in GROUPING.findall(expression) for name in group.split(',')} - {''}
        rest = re.sub(r'"(?:[^"\\]|\\.)*"', '', expression)
        rest = re.sub(r'\{[^}]*\}|\[[^\]]*\]', ' ', GROUPING.sub(' ', rest))
        self.metrics = {found.group() for found in NAME.finditer(rest)
                        if not rest[found.end():].lstrip().startswith('(')
                        and not rest[:found.start()][-1:].isdigit()} - KEYWORDS
