"""The network between any two tiers: slow, cut, half open, corrupting."""
import ssl

from fault import fault

LINKS = {
    'client': 'client and public-web', 'events': 'public-web and dispatcher',
    'dispatch': "dispatcher and public-web's /dispatch", 'dispatcher-amqp': 'dispatcher and RabbitMQ',
    'listener-amqp': 'ping-listener and RabbitMQ',
}
HOLDS = 'nothing is lost or doubled; what can not pass in time gets 503 or 504; recovery within 5 s'


def register_slow(name):
    @fault(f'slow-{name}', f'between {LINKS[name]}: {HOLDS}')
    async def slow(trial):
        trial.link(name).set('slow', latency=trial.random.uniform(0.2, 0.6), rate=trial.random.uniform(60_000, 150_000))
        await trial.pause(3, 5)
        trial.link(name).set('pass')


def register_cut(name):
    @fault(f'cut-{name}', f'between {LINKS[name]}: {HOLDS}')
    async def cut(trial):
        trial.link(name).set('cut')
        await trial.pause(2, 4)
        trial.link(name).set('pass')


def register_silent(name):
    # Long enough for the connections of before to be found dead while the network is away, so that what is measured
    # is how soon new ones are made: heartbeats are of 2 s here, and are missed twice.
    @fault(f'half-open-{name}', f'between {LINKS[name]}: {HOLDS}')
    async def silent(trial):
        trial.link(name).set('silent')
        await trial.pause(5, 7)
        trial.link(name).set('pass')


def register_corrupt(name, outcome, odds=0.3, **options):
    @fault(f'corrupt-{name}', f'between {LINKS[name]}: {outcome}', **options)
    async def corrupt(trial):
        trial.link(name).set('corrupt', odds=odds)
        await trial.pause(3, 5)
        trial.link(name).set('pass')
        # What was forged before may lie in the middle of a message: these connections are to be given up.
        trial.link(name).reset_all()


def unverified():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


for name in LINKS:
    register_slow(name)
    register_cut(name)
    register_silent(name)

# TLS notices each changed byte, so that nothing that is wrong gets through.
register_corrupt('client', 'over TLS, which notices it: ' + HOLDS, odds=0.05, tls=True, client={'tls': unverified()})
# Signed bodies: what was changed is refused with 401. A changed head is no HTTP, or another request.
FORGES = ('without TLS, but signed bodies: no crash, no session stuck; what was accepted gets an answer or an error, '
          'which may be 500, as a refused signature is taken for a wrong configuration')
ODD = (400, 401, 404, 405, 408, 413, 414, 415, 422, 429, 431, 500, 502, 503, 504)
for name in ('events', 'dispatch'):
    register_corrupt(name, FORGES, errors=ODD, forges=True, loses_events=True, deadline=8)
PLAIN = ('without TLS: no crash, no session stuck; what was accepted gets an answer or an error; content can be forged, '
         'which only amqps:// prevents')
for name in ('dispatcher-amqp', 'listener-amqp'):
    register_corrupt(name, PLAIN, errors=ODD, forges=True, loses_events=True, deadline=8)
