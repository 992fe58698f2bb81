"""How long the product waits for what: values that are handed down from the composition root.

Whoever runs a bot may give it others; nothing else has to be changed for that.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Every wait, in seconds.

    Attributes:
        start: how long Slack may take at the start, in each of its two parts.
        end: how long the end of the process may take. Kubernetes and Docker send
            SIGKILL 10 to 30 seconds after SIGTERM.
        last_resort: after this the process ends, whatever hangs.
        last_words: of that, how long cancelled work may take to say that it was cancelled.
        note_after: after this long without an answer the person sees that work is going on.

        retry_initial: the shortest wait before a request to the gateway is repeated.
        retry_jitter: what chance adds to it at most, so the first wait is 0.1 to 0.5 seconds.
        retry_max: the longest wait before a repetition.
        first_probe: how long after the gateway went down it is asked for the first time.
        longest_probe: each later probe waits twice as long as the one before, up to this.
        first_pause: how long nobody asks after the gateway's code 900; twice as long each time
            that it comes again right after. The limit behind it is not published: the first pause
            is one a person sits out.
        gate: how long the shared rate limit in the database may take to answer. A person waits
            for each answer; a later one is of no use.
        publish: how soon the other processes learn that requests of this one have ended, unless it
            asks again before.
        alone: how long the database is left alone after the gate in it failed, so that not
            everybody waits for it.

        slack_call: how long one call to Slack on the way to a person may take; also the longest
            rate limit that is waited for while another way is open.
        hurried_call: the same while the process ends: three ways fit into the time that is left.
        recovery: how long Slack is left alone after a fault of its own before one more attempt.
        longest_limit: the longest rate limit that an answer without another way waits for.
        doubtful: a refusal comes at once; a message that was not answered in this time may well
            have arrived.
        modal_ack: how long the acknowledgement of a modal may take on its way to Slack.
        person: how long Slack may take to say who somebody is and which language they chose: it is
            one call, made twice at worst before a form, which has to be open within three seconds
            of a click. Listing an organisation's workspaces beside it gets as long.
        person_known: how long that counts. Whoever leaves the organisation may ask as long.
        teams_again: how long a list of the organisation's workspaces counts. Slack takes some
            twenty such calls a minute; a new workspace has to wait no longer than this.
        token_check: how long checking the bot's token may take; whoever asks for `/readyz` does not
            wait long.
        token_retry: how soon a token that Slack refused is checked again. A bot that is not ready
            may get no requests, so no call of its own would ever tell.

        ping: from one ping of a web socket to the next.
        stale_after: Slack answers pings; a socket that was silent for longer than this, four pings,
            is connected but deaf.
        dial: how long a new web socket may take to open.
        first_redial: the pause before the next attempt to connect; it doubles each time.
        longest_redial: the longest of these pauses.
        steady: a connection that lasted this long was not one that Slack ended at once.
        late_ack: how long an acknowledgement waits for a new connection when its own is gone.
        last_acks: how long the end waits for acknowledgements. A modal is acknowledged after a
            second or so, with its answer or with a note that the look-up is running.
        hang_up: how long closing a web socket may take.

        head: how long a connection may take to send the head of a request, from its opening or from
            the first byte on.
        body: how long the body of a request may take to arrive. Slack itself gives up after three
            seconds; a slower sender is not Slack.
        linger: whoever is answered while still sending a body gets this long to read the answer
            before the connection is closed.
        idle: how long a connection is kept open between two requests.
        newcomer: while there is no room, whoever began less than this ago goes last. Slack's head
            comes within milliseconds.
        accept_again: the pause after the system had no descriptor left for a new connection.
        readiness: how old what `/readyz` says may be, however many ask.
        shutdown: what the HTTP server is doing when the end comes gets this long, twice at worst.

        repetition: how long equal records of the log are counted together. Ten of them are written
            in full, and then how many more came.

        first_look: how long a file is read before a form is opened; Slack opens a form within
            three seconds of a click only.
        fetch: how long fetching the file of a message may take.
        reading: how long reading a file may take. The dearest takes a second or two of the
            processor, but everything else goes before it.
        send: how long sending a file to Slack may take.

        thread_look: how long asking Slack whether a thread still stands may take; it is asked right
            before something is written there, so it counts to what that may take.
        deletion: for how long it is tried to delete what landed outside of its thread. Everybody
            can read it there, so this is tried for longer than anything that a person waits for.
        first_deletion: the pause before the second attempt to delete it; it doubles each time.
        file_look: from one look at where a file was shared to the next. Slack answers before it
            shows the file, and looks it over for viruses first.

        telling: how long posting or finding the result of a watch or a list may take, with all the
            calls that this needs. An attempt does each of the two at most once, so it is over
            before its lease is, and nobody else takes it up while it may still be running.
        posting: how long one call that posts may take; two of them fit into `telling`, with the
            deletion of what landed outside of its thread between them.
        trace: how long the search for a notice in one conversation may take; well under `telling`,
            which covers two such searches.
        progress_every: how often it is counted how far a list has come, for its progress card.
        card_every: from one change of a progress card to the next. Slack takes some fifty changes
            a minute; people do not read faster.
        card_least: no progress card is touched twice within this time, whatever happens.
        last_progress: how long a process that ends waits for the progress that it is just showing.
        down_rest: how long nothing of a list is asked after nobody reached the gateway.
        hand_over: how long handing over the result of a list may take.
        stop_seen: how soon it is seen that a list was stopped.
        answers_kept: the answers of a list that have come in this time are written down together.

        poll: how often the database is asked what is due, unless something in this process begins.
        beat: how often a process tells its peers that it lives, and asks after them.
        older_beat: how long a process of version 0.1.0 may be silent and yet live: it says so every
            five seconds.
        silence: a peer that was silent for this long counts as gone.
        claim: how long a card that is being shared, or an alert that is being sent to the admins,
            is left to the process that does it. A person who clicks again after that process was
            killed waits no longer.
        claim_look: how often a claim is renewed, and looked at by those who wait for its end;
            several times within `claim`.
        turns_end: how long the end waits for notices and reports that are just being posted.
        give_back: how long it may take then to give back what could not be done.
        housekeeping: how often what is past its retention is deleted.

        transaction: how long a transaction may take; a person waits behind most of them. What
            hangs for longer hangs on in a thread of its own, and is undone when it ends.
        choices: how long a language that was chosen in another process may go unseen in this one.
        database_ping: how long the check of readiness may take in the database.
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
    publish: float = 0.1
    alone: float = 10.0

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
    late_ack: float = 3.0
    last_acks: float = 2.0
    hang_up: float = 1.0

    head: float = 5.0
    body: float = 5.0
    linger: float = 0.3
    idle: float = 30.0
    newcomer: float = 1.0
    accept_again: float = 0.5
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
    progress_every: float = 3.0
    card_every: float = 3.0
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
    choices: float = 30.0
    database_ping: float = 2.0
    migration: float = 60.0
    list_insert: float = 30.0
    sqlite_busy: float = 6.0
