"""Acts: what the demo shows, in order. Each act is a function that takes the Stage."""

import time

import arrived
import samples
from calls import Calls
from functional.offer import offer
from stage import Failed

LOCAL = samples.image_id('local')


def clouds(stage):
    """Two clouds, an sshd and a unit on either side come up."""
    screen, began = stage.screen, time.monotonic()
    screen.title('Two clouds come up')
    stage.start_clouds()
    stage.set_up_units()
    for cloud in (stage.master, stage.slave):
        screen.item('{:<6} Keystone {}, Glance {}'.format(cloud.name, cloud.auth_url, cloud.glance_url))
    screen.item('sshd   on port {} of 127.0.0.1, for {} and one key'.format(stage.sshd.port, stage.sshd.user))
    screen.say('That took {:.0f} s. And two units, set up as the charm does it:'.format(time.monotonic() - began))
    screen.item('gsm    mode = master, works with the master cloud')
    screen.item('gss    mode = slave, works with the slave cloud')
    stage.run(stage.gss, 'cat $DEMO/gss/config/glance-sync.conf',
              "The slave's whole configuration; credentials are in novarc beside it.")
    stage.run(stage.gsm, 'cat $DEMO/{}'.format(stage.sshd.keys.relative_to(stage.folder)),
              "The slave's ssh key may start one program on the master, and no other.")
    ssh = 'ssh -F /dev/null -o BatchMode=yes -o UserKnownHostsFile=$DEMO/gss/config/known_hosts -i $DEMO/gss/config/id_rsa'
    stage.run(stage.gss, '{} -p {} {}@127.0.0.1 id'.format(ssh, stage.sshd.port, stage.sshd.user),
              'So that key reads the spool and gets no shell.', expect=1)


def images(stage):
    """Images of every kind are made in the master's Glance, and one in the slave's that must stay as it is."""
    screen = stage.screen
    screen.title('Images of every kind are made in the master cloud')
    stage.projects = samples.make_projects(stage.master, samples.PROJECTS + (samples.MASTER_ONLY,))
    samples.make_projects(stage.slave, samples.PROJECTS)
    made = samples.make(stage.master, stage.projects)
    screen.table(('name', 'size', 'what it is'), [(image['name'], image['size'], what) for image, what in made], right=(1,))
    stage.local = stage.slave.image('local', b'made on the slave', id=LOCAL, visibility='public')
    screen.say('The slave cloud has the same projects, with other IDs, and one image of its own, called local.')


def first_sync(stage):
    """The images travel for the first time; drift before and after."""
    stage.screen.title('The images travel')
    stage.run(stage.gsm, 'glance-sync-master', 'Cron runs this on the master: all images into the spool, then the manifest.')
    stage.run(stage.gss, 'glance-sync drift',
              'What would the slave do? This changes nothing; exit code 3: there is drift.', expect=3)
    stage.run(stage.gss, 'glance-sync-slave', 'Cron runs this on the slave: fetch by rsync over ssh, verify, import.')
    stage.run(stage.gss, 'glance-sync drift', 'And now? No drift any more.')


def changes(stage):
    """A week of work on the master follows, with one image that the slave cannot take until its owner exists."""
    screen = stage.screen
    screen.title('The master changes, the slave follows')
    for line in samples.change(stage.master, stage.projects):
        screen.item(line)
    stage.run(stage.gsm, 'glance-sync-master', 'The master publishes again.')
    stage.run(stage.gss, 'glance-sync drift', 'What is different, in detail?', expect=3)
    stage.run(stage.gss, 'glance-sync-slave', 'Everything is done but the refusal, which says what to do about it.', expect=3)
    stage.run(stage.gss, 'check_glance_sync', 'Nagios hears of it.', expect=1)
    screen.say('\nWe follow the advice and create the project lab in the slave cloud.')
    samples.make_projects(stage.slave, (samples.MASTER_ONLY,))
    stage.run(stage.gss, 'glance-sync-slave', 'The next run brings the image.')


def nothing_to_do(stage):
    """Both run once more, and what that costs is counted: no write, no download."""
    screen = stage.screen
    screen.title('A further run does nothing')
    calls = Calls((stage.master, stage.slave), lambda: stage.gsm.log('serve.log'))
    stage.run(stage.gsm, 'glance-sync-master', 'Once more on the master,')
    stage.run(stage.gss, 'glance-sync-slave', 'and once more on the slave.')
    screen.say('\nWhat these two runs cost, counted at the servers:')
    for line in calls.lines():
        screen.item(line)
    problems = calls.problems()
    if problems:
        raise Failed('a run with nothing to do did this: ' + ', '.join(problems))


def health(stage):
    """What the operator and Nagios see afterwards."""
    stage.screen.title('How an operator sees that all is well')
    for unit, mode in ((stage.gsm, 'master'), (stage.gss, 'slave')):
        stage.run(unit, 'glance-sync status', 'The last runs on the {}.'.format(mode))
        stage.run(unit, 'check_glance_sync', 'The same for Nagios, judged by the age of the last clean run.')


def table(stage):
    """The table of what arrived; raises Failed when anything is not equal."""
    screen = stage.screen
    screen.title('What arrived')
    master, slave = offer(stage.master), offer(stage.slave)
    rows = arrived.rows(master, slave)
    screen.table(arrived.HEADER, arrived.cells(rows, screen.width), right=(5,))
    problems = arrived.problems(rows) + arrived.strangers(master, slave, LOCAL)
    if stage.slave.images()[LOCAL] != stage.local:
        problems.append('{} local: the slave\'s own image was touched'.format(LOCAL))
    for problem in problems:
        screen.say(problem, 'bad')
    if problems:
        raise Failed('the two clouds are not equal')
    screen.say('\n{} images: the bits were read from both Glances just now, and hashed. Name, tags, properties, formats, '
               'sizes, status, visibility, members and owner (by name) are equal too.'.format(len(rows)), 'good')
    screen.say("The slave's own image, local, is as it was.", 'good')


ACTS = (clouds, images, first_sync, changes, nothing_to_do, health, table)
