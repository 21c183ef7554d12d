"""The demo application's templates: name → category and content by channel and locale."""

from models.rendering.content import Content

TEMPLATES: dict[str, tuple[str, Content]] = {
    "welcome": (
        "transactional",
        {
            "email": {
                "default": {
                    "subject": "Welcome, {{ name }}",
                    "html": "<h1>Welcome, {{ name }}!</h1>\n<p>It is good to have you here.</p>",
                    "text": "Welcome, {{ name }}!\n\nIt is good to have you here.\n",
                },
                "de": {
                    "subject": "Willkommen, {{ name }}",
                    "html": "<h1>Willkommen, {{ name }}!</h1>\n<p>Schön, dass du da bist.</p>",
                    "text": "Willkommen, {{ name }}!\n\nSchön, dass du da bist.\n",
                },
                "zh": {
                    "subject": "欢迎,{{ name }}",
                    "html": "<h1>欢迎,{{ name }}!</h1>\n<p>很高兴你来了。</p>",
                    "text": "欢迎,{{ name }}!\n\n很高兴你来了。\n",
                },
            },
            "sms": {
                "default": {"text": "Welcome, {{ name }}! It is good to have you here."},
                "de": {"text": "Willkommen, {{ name }}! Schön, dass du da bist."},
                "zh": {"text": "欢迎,{{ name }}!很高兴你来了。"},
            },
            "telegram": {
                "default": {"text": "<b>Welcome, {{ name }}!</b>\nIt is good to have you here."},
                "de": {"text": "<b>Willkommen, {{ name }}!</b>\nSchön, dass du da bist."},
                "zh": {"text": "<b>欢迎,{{ name }}!</b>\n很高兴你来了。"},
            },
            "webhook": {
                "default": {"body": '{"type": "welcome", "data": {"name": {{ name }}}}\n'},
            },
        },
    ),
    "receipt": (
        "transactional",
        {
            "email": {
                "default": {
                    "subject": "Your order {{ order }}",
                    "html": (
                        "<p>Thank you{% if name is defined %}, {{ name }}{% endif %}.</p>\n"
                        "<ul>{% for item in items %}<li>{{ item.title }}: {{ item.price }}</li>"
                        "{% endfor %}</ul>\n<p>Total: {{ total }}</p>"
                    ),
                }
            },
            "sms": {"default": {"text": "Order {{ order }} is on its way. Total: {{ total }}"}},
        },
    ),
    "otp": (
        "otp",
        {
            "sms": {"default": {"text": "{{ code }} is your code. Tell it to nobody."}},
            "email": {
                "default": {
                    "subject": "Your code",
                    "html": "<p>Your code is <b>{{ code }}</b>. Tell it to nobody.</p>",
                    "text": "Your code is {{ code }}. Tell it to nobody.\n",
                }
            },
            "telegram": {
                "default": {"text": "Your code is <code>{{ code }}</code>. Tell it to nobody."}
            },
        },
    ),
    "news": (
        "newsletter",
        {
            "email": {
                "default": {
                    "subject": "{{ title }}",
                    "html": "<h1>{{ title }}</h1>\n<p>Hello {{ name }},</p>\n<p>{{ body }}</p>",
                }
            }
        },
    ),
}
