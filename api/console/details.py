"""Why something is not done, as the API says it, in the visitor's language.

A detail is an English sentence. Those that people meet are here, with names for what varies in
them; the rest stays as it is. What stands for a name may be a detail itself.
"""

import re
from functools import cache

from api.console.texts import label, translations

LONGEST = 500  # characters; what is longer is shown as it is
PLACE = re.compile(r"%\\\((\w+)\\\)s")  # as `re.escape` writes it

# The first that fits is taken.
DETAILS = (
    label("%(why)s; found %(found)s"),
    label("Field required"),
    label("Input should be a valid string"),
    label("Input should be a valid integer"),
    label("Input should be a valid number"),
    label("Input should be a valid integer, unable to parse string as an integer"),
    label("Input should be a valid number, unable to parse string as a number"),
    label("Input should be a valid integer, got a number with a fractional part"),
    label("Input should be a valid boolean, unable to interpret input"),
    label("Input should be a valid list"),
    label("Input should be a valid dictionary"),
    label("Input should be a finite number"),
    label("Input should be greater than or equal to %(least)s"),
    label("Input should be greater than %(below)s"),
    label("Input should be less than or equal to %(most)s"),
    label("Input should be less than %(above)s"),
    label("String should have at least %(least)s character"),
    label("String should have at least %(least)s characters"),
    label("String should have at most %(most)s character"),
    label("String should have at most %(most)s characters"),
    label("String should match pattern '%(pattern)s'"),
    label("List should have at least %(least)s item after validation, not %(n)s"),
    label("List should have at most %(most)s items after validation, not %(n)s"),
    label("Dictionary should have at most %(most)s items after validation, not %(n)s"),
    label("Extra inputs are not permitted"),
    label("Input should be '%(choices)s'"),
    label("want a UUID"),
    label("a string of %(n)s characters"),
    label("a number"),
    label("null"),
    label("a boolean"),
    label("a list of %(n)s"),
    label("an object of %(n)s fields"),
    label("want something here"),
    label("want a number"),
    label("want a text"),
    label("want a list"),
    label("want a day"),
    label("want another day"),
    label("want a day and a time"),
    label("want 0 to 720"),
    label("want an object: {…}"),
    label("want an object of texts"),
    label("want at most %(most)s characters"),
    label("want %(least)s to %(most)s characters"),
    label("want a JSON object, such as %(example)s"),
    label("want a whole number from %(least)s to %(most)s"),
    label("not JSON: line %(line)s, column %(column)s"),
    label("line %(line)s: want a variable and its type, such as order: string"),
    label("%(n)s characters; at most %(most)s"),
    label("%(n)s entries; at most %(most)s"),
    label("%(n)s contacts; at most %(most)s"),
    label("%(n)s variables; at most %(most)s"),
    label("entry %(n)s: keys of 1 to %(most)s characters, texts to %(longest)s"),
    label("the value of entry %(n)s is no text"),
    label("there are %(those)s"),
    label("not JSON at column %(column)s"),
    label("not a JSON object"),
    label("not UTF-8; save the file as UTF-8"),
    label("NUL characters cannot be stored"),
    label("line breaks or control characters in it"),
    label("must be printable ASCII without spaces"),
    label("api_key_sid and api_key_secret belong together"),
    label("not a locale, such as de or pt-BR"),
    label('a locale is "default", or like "de" or "pt-BR"'),
    label("not a time zone of the IANA database, such as Europe/Berlin"),
    label("no such time zone"),
    label("no such language"),
    label("not an email address (%(shape)s); want name@example.com"),
    label("no @"),
    label("not a phone number; %(shape)s"),
    label("not a possible phone number in +%(code)s; %(shape)s"),
    label("not a Telegram chat; want a numeric chat id or @channelname"),
    label("the same address as contacts.%(n)s"),
    label("no external_id"),
    label("no address"),
    label("want channel, address and rank"),
    label("there are channel, address, rank"),
    label("`from` must lie before `to`"),
    label("lies in the past"),
    label("too far ahead"),
    label("choose a template, or write what it says"),
    label("give either template or content"),
    label("the content has no %(channel)s part"),
    label("the template has no version %(n)s"),
    label("no published template of that name"),
    label("the template was deleted"),
    label("this is what stands for a secret: leave it out to keep the secret"),
    label("give %(secrets)s again in this change: what is kept does not go to another %(fields)s"),
    label("write key=value, several with spaces between"),
    label("too easy to guess"),
    label("no scope %(scope)s"),
    label("no such scope"),
    label("the audience is of %(one)s, the campaign of %(other)s"),
    label("there is no row in it"),
    label("no such campaign"),
    label("no such category"),
    label("no such channel"),
    label("no such template"),
    label("no such profile"),
    label("no such group"),
    label("no such key"),
    label("no such audience"),
    label("no such notification"),
    label("no such suppression"),
    label("no such vendor account"),
    label("no such application"),
    label("no such application, or not yours"),
    label("no such member of the staff"),
    label("the profile has no such contact"),
    label("there is no application yet"),
    label("there is a template of that name"),
    label("there is a category of that name"),
    label("an account of that name is there"),
    label("an application of that name is there"),
    label("another group has this name"),
    label("another profile has this external_id, or had it before it was merged"),
    label("contact %(n)s of the profile has this address"),
    label("the profile has %(n)s contacts or more; remove one first"),
    label("both are the same profile"),
    label("somebody has this email already"),
    label("nobody else is an admin: make somebody one first"),
    label("it was changed since revision %(old)s: read it again, it is at %(new)s"),
    label("it was changed meanwhile: read it again, it is at revision %(new)s"),
    label("it is paused: resume it first"),
    label("pause it first"),
    label("the campaign is %(status)s; cancel it first"),
    label("the campaign is %(status)s"),
    label("version %(n)s is published already"),
    label("no other version was published before"),
    label("%(n)s campaigns name it: change, cancel or archive them first"),
    label("it is the category of what names none"),
    label(
        "%(n)s messages are in its hands, in doubt, or for it alone; ask again when they have ended"
    ),
    label(
        "it has been rotated, and both keys are live: revoke one, or wait until the overlap ends"
    ),
    label("the key is %(state)s"),
    label("the audience is complete, and never changes"),
    label("its audience is no file"),
    label("nobody is there"),
    label("nothing to change"),
    label("the role %(role)s does not include it"),
    label("you are limited to some applications"),
    label("it is not your password"),
    label("this account is disabled"),
    label("nobody has made an account for you"),
    label("this log-in is over: begin anew"),
    label("this log-in was not begun here: begin anew"),
    label("the form is not of this session: go back, load the page anew and try again"),
    label("sent from another site"),
    label("this form was sent before, and done once: nothing was done again"),
    label("not a form of ours"),
    label("not a cursor of ours: pass `next` of the page before unchanged"),
    label("the body must be NDJSON"),
    label("the body is longer than %(most)s bytes"),
    label("too many uploads at once; nothing was begun"),
)


def translated(detail: str, language: str) -> str:
    """In that language, as far as there is a text for it."""
    texts = translations(language)
    said = texts.gettext(detail)
    if language == "en" or said != detail or len(detail) > LONGEST:
        return said
    for text in DETAILS:
        if found := _pattern(text).fullmatch(detail):
            values = {name: _value(value, language) for name, value in found.groupdict().items()}
            return texts.gettext(text) % values
    return detail


def _value(value: str, language: str) -> str:
    """A detail, or a code of ours, or what stands for itself."""
    said = translated(value, language)
    return translations(language).pgettext("word", value) if said == value else said


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(PLACE.sub(r"(?P<\1>.+?)", re.escape(text)))
