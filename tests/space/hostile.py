"""Texts that try to run, load, restyle, hide or reorder something when they are shown."""

from __future__ import annotations

ESC, RLO, PDF, ZWSP, TAG = "\x1b", "\u202e", "\u202c", "\u200b", "\U000e0041"
SCRIPT = "<script>window.pwned = 'script'; document.title = 'pwned'</script>"
STYLE = "<style>body { display: none !important } .mb-card { opacity: 0 }</style>"
EVENTS = (
    '<img src=x onerror="window.pwned=1"><svg onload=window.pwned=2><details open '
    "ontoggle=window.pwned=3>x</details><input autofocus onfocus=window.pwned=4>"
)
MARKDOWN = "![x](http://203.0.113.7/pixel.png) [click](javascript:window.pwned=5) **bold** <!-- c"
BREAKOUT = (
    '--></textarea></title></script>"\'><iframe src="javascript:parent.pwned=6"></iframe>'
    "<base href=http://203.0.113.7/><link rel=stylesheet href=http://203.0.113.7/x.css>"
)
TEMPLATE = "${window.pwned=7} `${alert(1)}` {{constructor.constructor('window.pwned=8')()}} \\u003c"
ANSI = f"{ESC}[31mred{ESC}[0m{ESC}]0;title\x07 \x00\x08 bell"
BIDI = f"safe {RLO}elbisivni{PDF} text{ZWSP}with{TAG}hidden \u2066isolates\u2069 \ufeff"
LONG = "a" * 50_000 + " <b>middle</b> " + "word " * 10_000 + "the very end"
ZALGO = "Z" + "\u0334\u0353\u031a" * 500

HOSTILE = {
    "script": SCRIPT,
    "style": STYLE,
    "events": EVENTS,
    "markdown": MARKDOWN,
    "breakout": BREAKOUT,
    "template": TEMPLATE,
    "ansi": ANSI,
    "bidi": BIDI,
    "long": LONG,
    "zalgo": ZALGO,
}
