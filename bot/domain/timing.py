"""How long the product waits for each thing: values that the composition root passes down.

A deployment may pass other values; nothing else has to change for that.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Every wait, in seconds.

    Attributes:
        start: how long Slack may take at the start, in each of its two parts.
        end: how long the end of the process may take. Kubernetes and Docker send SIGKILL 10 to 30
            seconds after SIGTERM.
        last_resort: after this the process exits, even if something hangs.
        last_words: the part of that in which cancelled work may report its cancellation.
        note_after: after this long without an answer the user sees that work is in progress.

        retry_initial: the shortest wait before a request to the gateway is retried.
        retry_jitter: the most random jitter added to it, so the first wait is 0.1 to 0.5 seconds.
        retry_max: the longest wait before a retry.
        first_probe: how long after the gateway went down the first probe is sent.
        longest_probe: each later probe waits twice as long as the one before, up to this.
        first_pause: how long no request is sent after the gateway's code 900; doubled each time 900
            follows right after. The limit behind it is not published: the first pause is short
            enough for a user to wait through.
        gate: how long the shared rate limit in the database may take to answer. A user waits for
            each answer; a later one is useless.
        renew: how often a process with requests in progress renews its share of
            `max_concurrency`, unless it asks for a block before; longer than a block.
        share_lease: how long that share stays reserved for a process that was killed; longer than
            `renew` and `gate` together take, so that a slow database frees nothing too early.
        alone: the pause between two attempts to reach the shared rate limit after it failed. They
            run in the background, and no request waits for them. Until one succeeds, each process
            applies the limits to its own requests only, so the pause is short.

        slack_call: how long one call to Slack on the way to a user may take; also the longest rate
            limit to wait for while another delivery path is available.
        hurried_call: the same while the process ends: three delivery attempts fit into the time
            left.
        recovery: how long to wait after a fault of Slack before one more attempt.
        longest_limit: the longest rate limit that an answer without another delivery path waits
            for.
        doubtful: Slack refuses immediately; a message without a reply in this time has probably
            arrived.
        modal_ack: how long the acknowledgement of a modal may take on its way to Slack.
        person: how long Slack may take to look up a user and their language: one call, made at most
            twice before a form, which has to open within three seconds of a click. Listing an
            organisation's workspaces at the same time has the same limit.
        person_known: how long that result is cached. A user who leaves the organisation may ask for
            this long.
        teams_again: how long a list of the organisation's workspaces is cached. Slack accepts some
            twenty such calls a minute; a new workspace waits no longer than this.
        token_check: how long checking the bot's token may take; the caller of `/readyz` does not
            wait long.
        token_retry: how soon a token that Slack refused is checked again. A bot that is not ready
            may get no requests, so none of its own calls would reveal a valid token.

        ping: the time between two pings of a web socket.
        stale_after: Slack answers pings; a socket without an answer for longer than this, four
            pings, is connected but dead.
        dial: how long a new web socket may take to open.
        first_redial: the pause before the next attempt to connect; it doubles each time.
        longest_redial: the longest of these pauses.
        steady: a connection that lasted this long was not closed by Slack right after it opened.
        end_repeated: if connections end twice within this time for the same reason, the operator
            has to know.
        count_again: if Slack counts more connections of the app than are known here, it counts them
            once more after this time: a connection that was replaced is then forgotten.
        count_later: the same while the others are there, which each time costs a new connection.
        late_ack: how long an acknowledgement waits for a new connection if its own is closed.
        last_acks: how long the shutdown waits for acknowledgements. A modal is acknowledged after a
            second or so, with its answer or with a note that the look-up is running.
        hang_up: how long closing a web socket may take.

        head: how long a connection may take to send the head of a request, from its opening or from
            the first byte on.
        body: how long the body of a request may take to arrive. Slack itself gives up after three
            seconds; a slower sender is not Slack.
        linger: a client that gets its answer while still sending a body has this long to read it
            before the connection is closed.
        idle: how long a connection stays open between two requests.
        newcomer: if the server is full, connections younger than this are dropped last. Slack's
            head arrives within milliseconds.
        accept_again: the pause after the system ran out of descriptors for new connections.
        clock_doubt: how long `/readyz` reports a clock that differs from Slack's after the last
            request that showed it. A bot that is not ready may get no requests, so it is forgotten.
        readiness: the greatest age of the result that `/readyz` returns, however many clients ask.
        shutdown: how long the HTTP server has to finish its requests at shutdown, at most twice.

        repetition: how long equal log records are counted together. Ten of them are written in
            full, then the number of further ones.

        first_look: how long a file is read before a form is opened; Slack opens a form only within
            three seconds of a click.
        fetch: how long downloading the file of a message may take.
        reading: how long reading a file may take. The process has three seconds of processor
            time for it, but all other work goes first.
        send: how long sending a file to Slack may take.

        thread_look: how long checking with Slack that a thread still exists may take; the check
            runs right before a post to the thread, so it counts towards the time for that post.
        deletion: how long deleting a message posted outside of its thread is retried. The whole
            channel can read it there, so this is longer than any wait of a user.
        first_deletion: the pause before the second attempt to delete it; it doubles each time.
        file_look: the time between two polls for where a file was shared. Slack answers before it
            shows the file, and scans it for viruses first.

        telling: how long posting or finding the result of a watch or a list may take, with all its
            calls. An attempt does each of the two at most once, so it is over before its lease is,
            and no other process takes it over while it may still be running.
        posting: how long one call that posts may take; two of them fit into `telling`, with the
            deletion of a message outside of its thread between them.
        trace: how long the search for a notice in one conversation may take; well under `telling`,
            which covers two such searches.
        pace: the time between two posts of the bot in one conversation. Slack accepts one a second,
            and counts when they arrive.
        answers_ahead: how far answers to people may run ahead of that pace; notices and reports
            wait for it.
        gather: how long a notice waits for others for the same user and thread.
        get_ready: how long before it is posted a notice is claimed at least; its thread is checked
            in that time.
        progress_every: the time between two updates of progress cards, of all lists and processes
            together. Slack accepts some fifty updates a minute, and those of answers go first.
        card_least: the shortest time between two updates of one progress card.
        last_progress: how long a process that ends waits for a progress update that is being sent.
        down_rest: how long a list sends no request after the gateway was unreachable.
        hand_over: how long sending the result of a list may take.
        stop_seen: how soon a process notices that a list was stopped.
        answers_kept: a list's answers from this span are stored in one transaction.

        poll: how often the database is polled for due work, unless work starts in this process.
        beat: how often a process writes its heartbeat, and reads those of its peers.
        older_beat: how long a process of version 0.1.0 may be silent and yet be alive: its
            heartbeat comes every five seconds.
        silence: a peer without a heartbeat for this long counts as dead.
        claim: how long a process may hold its claim on a card that is being shared, or on an alert
            that is being sent to the admins. A user who clicks again after that process was killed
            waits no longer. For as long a process remembers that another did it.
        claim_look: how often a claim is renewed, and polled by those who wait for its end; several
            times within `claim`.
        turns_end: how long the shutdown waits for notices and reports that are being posted.
        give_back: how long releasing unfinished work may take after that.
        housekeeping: how often rows past their retention are deleted.

        transaction: how long a transaction may take; a user waits for most of them. One that hangs
            for longer stays in its own thread, and is rolled back when it ends.
        records_kept: audit entries and recent look-ups of this span are stored in one transaction;
            a process that is killed loses no more of them.
        erased_again: how long after the erasure of a person the records are erased again that a
            running bot stored meanwhile; more than `stop_seen` and `records_kept` together.
        redelivery: how long the database may take to find whether Slack has delivered an event or
            a click before. The answer waits; after this time the memory of this process decides.
        choices: how long a language choice made in another process may go unnoticed in this one.
        database_ping: how long the readiness check may take in the database.
        migration: how long migrating the schema may take.
        list_insert: how long storing a list of thousands of calls may take.
        sqlite_busy: how long SQLite waits for another process's write; less than `transaction`.
    """

    start: float = 15.0
    end: float = 9.0
    last_resort: float = 9.9
    last_words: float = 2.0
    note_after: float = 1.0

    retry_initial: float = 0.1
    retry_jitter: float = 0.4
    retry_max: float = 1.0
    first_probe: float = 2.0
    longest_probe: float = 60.0
    first_pause: float = 2.0
    gate: float = 1.0
    renew: float = 0.7
    share_lease: float = 1.75
    alone: float = 0.5

    slack_call: float = 5.0
    hurried_call: float = 2.0
    recovery: float = 2.0
    longest_limit: float = 60.0
    doubtful: float = 1.0
    modal_ack: float = 0.5
    person: float = 1.0
    person_known: float = 3600.0
    teams_again: float = 300.0
    token_check: float = 1.0
    token_retry: float = 30.0

    ping: float = 10.0
    stale_after: float = 40.0
    dial: float = 10.0
    first_redial: float = 1.0
    longest_redial: float = 30.0
    steady: float = 30.0
    end_repeated: float = 60.0
    count_again: float = 60.0
    count_later: float = 600.0
    late_ack: float = 3.0
    last_acks: float = 2.0
    hang_up: float = 1.0

    head: float = 5.0
    body: float = 5.0
    linger: float = 0.3
    idle: float = 30.0
    newcomer: float = 1.0
    accept_again: float = 0.5
    clock_doubt: float = 60.0
    readiness: float = 1.0
    shutdown: float = 1.5

    repetition: float = 1.0

    first_look: float = 1.5
    fetch: float = 20.0
    reading: float = 20.0
    send: float = 60.0

    thread_look: float = 2.0
    deletion: float = 60.0
    first_deletion: float = 0.5
    file_look: float = 1.0

    telling: float = 25.0
    posting: float = 8.0
    trace: float = 8.0
    pace: float = 1.03
    answers_ahead: float = 10.0
    gather: float = 0.5
    get_ready: float = 0.3
    progress_every: float = 3.0
    card_least: float = 1.0
    last_progress: float = 1.0
    down_rest: float = 5.0
    hand_over: float = 300.0
    stop_seen: float = 0.5
    answers_kept: float = 0.5

    poll: float = 1.0
    beat: float = 5.0
    older_beat: float = 7.5
    silence: float = 30.0
    claim: float = 3.0
    claim_look: float = 0.5
    turns_end: float = 4.0
    give_back: float = 2.0
    housekeeping: float = 3600.0

    transaction: float = 8.0
    records_kept: float = 0.05
    erased_again: float = 2.0
    redelivery: float = 1.0
    choices: float = 1.0
    database_ping: float = 2.0
    migration: float = 60.0
    list_insert: float = 30.0
    sqlite_busy: float = 6.0
