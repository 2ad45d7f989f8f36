"""Panels of Grafana dashboards in a few words each: what is the same in all of them is said here once."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN, ORANGE, RED, BLUE = "green", "orange", "red", "blue"


def steps(*pairs: tuple) -> dict:
    """Colours from values on: steps((GREEN, None), (RED, 1)) is red from 1."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for color, value in pairs]}


def _targets(queries: dict | str) -> list:
    """Queries by the legend of their series."""
    if isinstance(queries, str):
        queries = {"": queries}
    return [
        {"refId": chr(ord("A") + number), "datasource": DATASOURCE, "expr": expression, "legendFormat": legend or "__auto"}
        for number, (legend, expression) in enumerate(queries.items())
    ]


def _panel(kind: str, title: str, description: str, queries: dict | str, width: int, height: int, defaults: dict, options: dict) -> dict:
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "gridPos": {"w": width, "h": height},
        "targets": _targets(queries),
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
    }


def stat(title: str, description: str, query: str, *, unit: str = "short", colors: dict, width: int = 4, height: int = 4,
         nothing: str = "–", decimals: int | None = None) -> dict:
    """One large number on its colour; `nothing` is what is shown where there is no series."""
    defaults = {"unit": unit, "noValue": nothing, "color": {"mode": "thresholds"}, "thresholds": colors, "mappings": []}
    if decimals is not None:
        defaults["decimals"] = decimals
    options = {
        "colorMode": "background", "graphMode": "none", "justifyMode": "center", "textMode": "value",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return _panel("stat", title, description, query, width, height, defaults, options)


def graph(title: str, description: str, queries: dict | str, *, unit: str = "short", width: int = 12, height: int = 7,
          stacked: bool = False, line: float | None = None) -> dict:
    """Lines over time; `line` is a threshold to be drawn."""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 15 if stacked else 5, "showPoints": "never", "spanNulls": 120000,
              "stacking": {"mode": "normal" if stacked else "none"}}
    defaults = {"unit": unit, "min": 0, "custom": custom}
    if line is not None:
        custom["thresholdsStyle"] = {"mode": "dashed"}
        defaults["thresholds"] = steps((GREEN, None), (RED, line))
    options = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    return _panel("timeseries", title, description, queries, width, height, defaults, options)


def table(title: str, description: str, query: str, *, width: int = 12, height: int = 7) -> dict:
    """The present series, one a line."""
    panel = _panel("table", title, description, query, width, height, {"custom": {}}, {"showHeader": True})
    panel["targets"][0] |= {"format": "table", "instant": True}
    panel["transformations"] = [{"id": "organize", "options": {"excludeByName": {"Time": True, "Value": True, "__name__": True}}}]
    return panel


def _variable(name: str, query: str, *, label: str, many: bool) -> dict:
    return {
        "type": "query", "name": name, "label": label, "datasource": DATASOURCE, "definition": query, "query": {"query": query, "refId": name},
        "refresh": 2, "sort": 1, "includeAll": many, "multi": many, "current": {},
    }


def dashboard(uid: str, title: str, description: str, panels: list, *, pick_component: bool = False, hours: int = 3) -> dict:
    """A dashboard of these panels, set from left to right in rows of 24."""
    left = top = tallest = 0
    for number, panel in enumerate(panels):
        place = panel["gridPos"]
        if left + place["w"] > 24:
            left, top, tallest = 0, top + tallest, 0
        place |= {"x": left, "y": top}
        left, tallest = left + place["w"], max(tallest, place["h"])
        panel["id"] = number + 1
    variables = [
        {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus", "current": {}},
        _variable("namespace", "label_values(target_info, namespace)", label="Namespace", many=False),
    ]
    if pick_component:
        variables.append(_variable("component", 'label_values(target_info{namespace="$namespace"}, component)', label="Service", many=False))
    return {
        "uid": uid, "title": title, "description": description, "tags": ["comitia"], "schemaVersion": 39, "editable": False,
        "refresh": "15s", "time": {"from": f"now-{hours}h", "to": "now"}, "timezone": "browser", "graphTooltip": 1,
        "templating": {"list": variables},
        "annotations": {"list": [{
            "name": "Pages", "enable": True, "iconColor": RED, "datasource": DATASOURCE, "titleFormat": "{{alertname}}",
            "expr": 'ALERTS{alertname=~"Comitia.*", alertstate="firing", severity="page", namespace="$namespace"}',
        }]},
        "links": [{"type": "dashboards", "tags": ["comitia"], "asDropdown": True, "title": "Comitia", "includeVars": True, "keepTime": True}],
        "panels": panels,
    }
