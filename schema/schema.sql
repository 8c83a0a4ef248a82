-- What the migrations make, as the catalogues describe it. Made by make generate; DO NOT EDIT.

table alarm
  id uuid not null
  raised_at timestamp with time zone not null -- When its condition had held long enough, by the clock of its readings.
  known_at timestamp with time zone not null -- When this house knew: latencies of answers count from here.
  changed_at timestamp with time zone not null
  again_at timestamp with time zone
  acked_at timestamp with time zone
  clear_at timestamp with time zone
  closed_at timestamp with time zone
  gone_at timestamp with time zone -- When it left the screens, some time after it was closed.
  until_at timestamp with time zone
  silenced_until timestamp with time zone
  lat double precision not null
  lon double precision not null
  value double precision
  version bigint not null
  type_version bigint not null
  count integer not null default 1
  chattering boolean not null default false
  type text not null
  origin text not null
  source text not null
  target text not null
  name text not null
  kind text not null default ''::text
  priority text not null
  state text not null
  aside text not null default ''::text
  aside_reason text not null default ''::text
  division text not null
  area text not null
  path text[] not null
  unit text not null default ''::text -- Of measure.
  limit_text text not null default ''::text
  members text[] not null default '{}'::text[]
  acked_by text not null default ''::text
  acked_as text not null default ''::text
  incident text not null default ''::text
  callout jsonb not null default '{}'::jsonb
  machine jsonb not null default '{}'::jsonb -- What its state machine remembers beside the columns, such as since when it calls.
  constraint alarm_aside CHECK ((aside = ANY (ARRAY[''::text, 'shelved'::text, 'suppressed'::text, 'out_of_service'::text])))
  constraint alarm_closed CHECK (((state = 'closed'::text) = (closed_at IS NOT NULL)))
  constraint alarm_pkey PRIMARY KEY (id)
  constraint alarm_state CHECK ((state = ANY (ARRAY['unacked'::text, 'acked'::text, 'cleared'::text, 'closed'::text])))
  constraint alarm_type_type_version_fkey FOREIGN KEY (type, type_version) REFERENCES alarm_type_version(code, version)
  constraint alarm_version_grows CHECK ((version > 0))
  CREATE INDEX alarm_changed ON public.alarm USING btree (changed_at)
  CREATE INDEX alarm_known ON public.alarm USING btree (known_at DESC, id DESC)
  CREATE INDEX alarm_leaving ON public.alarm USING btree (closed_at) WHERE ((state = 'closed'::text) AND (gone_at IS NULL))
  CREATE UNIQUE INDEX alarm_one_open ON public.alarm USING btree (type, target) WHERE (state <> 'closed'::text)
  CREATE INDEX alarm_open ON public.alarm USING btree (known_at) WHERE (state <> 'closed'::text)
  CREATE INDEX alarm_target ON public.alarm USING btree (target, known_at DESC)
  grant insert, select, update to toancanh_app
table alarm_checkpoint -- Up to which reading a sensor is judged, written with the changes that they made.
  judged_at timestamp with time zone not null
  version bigint not null -- Of reading_latest, as far as it is judged.
  sensor_id integer not null
  state bytea not null
  constraint alarm_checkpoint_pkey PRIMARY KEY (sensor_id)
  constraint alarm_checkpoint_sensor_id_fkey FOREIGN KEY (sensor_id) REFERENCES sensor(id)
  grant insert, select, update to toancanh_app
table alarm_entry -- What happened to an alarm, append-only. Entries of one act on several alarms share act_id.
  at timestamp with time zone not null
  until_at timestamp with time zone
  value double precision
  n bigint not null
  alarm_id uuid not null
  act_id uuid
  act text not null
  from_state text not null default ''::text
  to_state text not null default ''::text
  aside text not null default ''::text
  actor text not null default ''::text
  name text not null default ''::text
  role text not null default ''::text
  reason text not null default ''::text
  text text not null default ''::text
  constraint alarm_entry_alarm_id_fkey FOREIGN KEY (alarm_id) REFERENCES alarm(id)
  constraint alarm_entry_pkey PRIMARY KEY (alarm_id, n)
  CREATE INDEX alarm_entry_at ON public.alarm_entry USING btree (at)
  grant insert, select to toancanh_app
table alarm_type -- Which version of a type is in force.
  code text not null
  version bigint not null
  constraint alarm_type_pkey PRIMARY KEY (code)
  grant insert, select, update to toancanh_app
table alarm_type_version -- Each change of a type keeps the whole of it: who, when, why. Append-only.
  at timestamp with time zone not null
  response_time interval not null
  version bigint not null
  enabled boolean not null
  sample boolean not null
  code text not null
  label text not null
  source text not null
  priority text not null
  cause text not null
  consequence text not null
  response text not null
  owner text not null
  call_list text[] not null
  condition jsonb not null
  by text not null
  name text not null default ''::text
  why text not null
  constraint alarm_type_priority CHECK ((priority = ANY (ARRAY['high'::text, 'medium'::text, 'low'::text, 'journal'::text])))
  constraint alarm_type_response CHECK ((char_length(response) <= 140))
  constraint alarm_type_version_pkey PRIMARY KEY (code, version)
  grant insert, select to toancanh_app
table alarm_watch -- Who judges: a term that only one process holds, and when it last listened.
  only_row boolean not null default true
  since timestamp with time zone -- When alarms were first judged here: what was measured before is past.
  heard_at timestamp with time zone
  term bigint not null default 0
  joints bytea not null default '\x'::bytea -- What joined rules remember.
  floods jsonb not null default '{}'::jsonb -- Since when each area is flooded, by its code.
  constraint alarm_watch_one_row CHECK (only_row)
  constraint alarm_watch_pkey PRIMARY KEY (only_row)
  grant select, update to toancanh_app
table api_key
  id text not null
  secret_hash bytea not null -- SHA-256 of the secret; the secret itself is shown once and never kept.
  label text not null
  rights text[] not null
  created_at timestamp with time zone not null default now()
  revoked_at timestamp with time zone
  sensors text[] not null default '{}'::text[] -- Codes, or beginnings of codes that end in *; empty: every sensor.
  categories text[] not null default '{}'::text[] -- Empty: every category.
  areas text[] not null default '{}'::text[] -- division/code of areas with all that lies in them; empty: everywhere.
  per_minute integer not null default 6000
  burst integer not null default 1000
  version bigint not null default 1 -- Counts changes; tickets of the live feed name it, so that a change can revoke the earlier ones.
  rotated_at timestamp with time zone
  former_hash bytea -- SHA-256 of the secret before the newest rotation; it opens until former_until.
  former_until timestamp with time zone
  used_at timestamp with time zone -- The last minute the key was used in, written some time later.
  constraint api_key_burst CHECK (((burst >= 1) AND (burst <= 60000)))
  constraint api_key_per_minute CHECK (((per_minute >= 1) AND (per_minute <= 600000)))
  constraint api_key_pkey PRIMARY KEY (id)
  grant insert, select, update to toancanh_app
table assignment_version -- Each change of the rules keeps a whole list; the newest is in force. Append-only.
  version integer not null
  made_at timestamp with time zone not null
  made_by text not null
  reason text not null
  rules jsonb not null
  constraint assignment_version_pkey PRIMARY KEY (version)
  grant insert, select to toancanh_app
table audit -- Who did what, when, why, from where. The application inserts and reads; nothing changes or deletes.
  id bigint not null generated always as identity
  at timestamp with time zone not null default clock_timestamp()
  who text not null
  role text not null default ''::text
  what text not null
  object text not null default ''::text
  why text not null default ''::text
  network text not null default ''::text -- The address without its last part (/24, /48).
  trace text not null default ''::text
  result text not null
  detail text not null default ''::text
  seal_n bigint
  sealed_at timestamp with time zone
  seal bytea -- HMAC-SHA256 over the seal before, the number and the whole row; the key is a file.
  constraint audit_pkey PRIMARY KEY (id)
  constraint audit_seal_n_unique UNIQUE (seal_n)
  CREATE INDEX audit_object ON public.audit USING btree (object, id)
  CREATE INDEX audit_unsealed ON public.audit USING btree (id) WHERE (seal_n IS NULL)
  CREATE INDEX audit_who ON public.audit USING btree (who, id)
  grant select to toancanh_app
table audit_head
  only_row boolean not null default true
  n bigint not null default 0
  seal bytea not null default '\x'::bytea
  constraint audit_head_one_row CHECK (only_row)
  constraint audit_head_pkey PRIMARY KEY (only_row)
  grant select to toancanh_app
table boundary -- Append only: of each division and level the newest row counts; a removed one means that there is none.
  version bigint not null generated always as identity
  imported_at timestamp with time zone not null default now()
  division text not null
  level text not null
  removed boolean not null default false
  importer text not null
  source text not null default ''::text
  licence text not null default ''::text
  credit text not null default ''::text
  file_name text not null default ''::text
  file_sha256 bytea
  file_bytes bigint not null default 0
  findings jsonb not null default '[]'::jsonb
  shapes bytea -- GeoJSON MultiPolygon coordinates by area code, as JSON, gzipped: mended, five decimals, neighbours share every corner.
  constraint boundary_has_shapes CHECK ((removed = (shapes IS NULL)))
  constraint boundary_level CHECK ((level = ANY (ARRAY['province'::text, 'district'::text, 'commune'::text])))
  constraint boundary_pkey PRIMARY KEY (version)
  grant insert, select to toancanh_app
table callback -- One asks with a preset reason, another confirms; only then the first sees the number, once.
  id uuid not null
  report_id uuid not null
  requester uuid not null
  reason text not null
  requested_at timestamp with time zone not null
  confirmer uuid
  confirmed_at timestamp with time zone
  refused_by uuid
  refused_at timestamp with time zone
  shown_at timestamp with time zone
  constraint callback_confirmer_fkey FOREIGN KEY (confirmer) REFERENCES person(id)
  constraint callback_pkey PRIMARY KEY (id)
  constraint callback_refused_by_fkey FOREIGN KEY (refused_by) REFERENCES person(id)
  constraint callback_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id)
  constraint callback_requester_fkey FOREIGN KEY (requester) REFERENCES person(id)
  constraint callback_shown_confirmed CHECK (((shown_at IS NULL) OR (confirmed_at IS NOT NULL)))
  constraint callback_two_people CHECK (((confirmer IS NULL) OR (confirmer <> requester)))
  CREATE INDEX callback_requested ON public.callback USING btree (requested_at)
  grant insert, select to toancanh_app
table callout -- How far calling people out has come for an alarm. Its times are facts: whoever leads finds them due.
  alarm uuid not null
  since timestamp with time zone not null
  begun_at timestamp with time zone not null default now()
  step_at timestamp with time zone -- When the next step is due; wake_at is when to look next, for that or for want of a sign.
  wake_at timestamp with time zone
  ended_at timestamp with time zone
  round integer not null default 1 -- Which calling it is: an alarm that comes back unanswered has another.
  begun integer not null default 0
  version bigint not null default 1
  told bigint not null default 0 -- The version up to which the alarm was told; shown is what it was told.
  over text not null default ''::text
  priority text not null
  owner text not null default ''::text -- The unit whose own people a step may call.
  steps jsonb not null
  shown jsonb not null default '{}'::jsonb
  constraint callout_pkey PRIMARY KEY (alarm)
  CREATE INDEX callout_open ON public.callout USING btree (alarm) WHERE (over = ANY (ARRAY[''::text, 'exhausted'::text]))
  CREATE INDEX callout_untold ON public.callout USING btree (alarm) WHERE (told < version)
  CREATE INDEX callout_wake ON public.callout USING btree (wake_at) WHERE (wake_at IS NOT NULL)
  grant insert, select, update to toancanh_app
table callout_call -- Each attempt to reach a person by a channel: for an alarm, where those of a chain are made one after the other, or for a test.
  id uuid not null
  made_at timestamp with time zone not null default now()
  claimed_at timestamp with time zone
  sent_at timestamp with time zone
  delivered_at timestamp with time zone
  failed_at timestamp with time zone
  answered_at timestamp with time zone -- When the person opened it: the button of the notice, or the link.
  wait_until timestamp with time zone
  alarm uuid
  test uuid
  person uuid
  round integer not null default 0
  step integer not null default 0
  chain integer not null default 0
  link integer not null default 0
  position text not null
  channel text not null default ''::text
  result text not null
  reason text not null default ''::text -- Why it failed, in a word that names nobody.
  token_hash bytea -- Of the secret in the message, by which the device says that it arrived. Calls told of in one message share it.
  constraint callout_call_alarm_fkey FOREIGN KEY (alarm) REFERENCES callout(alarm)
  constraint callout_call_for_one CHECK ((num_nonnulls(alarm, test) = 1))
  constraint callout_call_once UNIQUE (alarm, round, step, chain, link)
  constraint callout_call_person_fkey FOREIGN KEY (person) REFERENCES person(id)
  constraint callout_call_pkey PRIMARY KEY (id)
  constraint callout_call_result CHECK ((result = ANY (ARRAY['planned'::text, 'due'::text, 'sent'::text, 'delivered'::text, 'failed'::text])))
  constraint callout_call_test_fkey FOREIGN KEY (test) REFERENCES contact_test(id)
  CREATE INDEX callout_call_due ON public.callout_call USING btree (made_at) WHERE (result = 'due'::text)
  CREATE INDEX callout_call_test ON public.callout_call USING btree (test) WHERE (test IS NOT NULL)
  CREATE INDEX callout_call_token ON public.callout_call USING btree (token_hash) WHERE (token_hash IS NOT NULL)
  grant delete, insert, select, update to toancanh_app
table contact_reveal -- Each time somebody was shown a contact, for the data-protection officer, who marks what they have looked at.
  id bigint not null generated always as identity
  at timestamp with time zone not null
  report_id uuid not null
  person_id uuid not null
  callback_id uuid -- Null for a reveal by one person; else reason is the call-back's preset code.
  reason text not null
  seen_at timestamp with time zone
  seen_by uuid
  constraint contact_reveal_callback_id_fkey FOREIGN KEY (callback_id) REFERENCES callback(id)
  constraint contact_reveal_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id)
  constraint contact_reveal_pkey PRIMARY KEY (id)
  constraint contact_reveal_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id)
  constraint contact_reveal_seen_by_fkey FOREIGN KEY (seen_by) REFERENCES person(id)
  CREATE INDEX contact_reveal_person ON public.contact_reveal USING btree (person_id, at)
  CREATE INDEX contact_reveal_unseen ON public.contact_reveal USING btree (id) WHERE (seen_at IS NULL)
  grant insert, select to toancanh_app
table contact_test -- One press that asked everybody on duty by every channel whether they can be reached.
  id uuid not null
  made_at timestamp with time zone not null default now()
  own boolean not null default false -- Somebody asked only themselves.
  made_by text not null
  name text not null default ''::text
  constraint contact_test_pkey PRIMARY KEY (id)
  CREATE INDEX contact_test_made ON public.contact_test USING btree (made_at DESC)
  grant insert, select to toancanh_app
table credential
  person_id uuid not null
  password text not null -- Argon2id as a PHC string.
  changed_at timestamp with time zone not null default now()
  pin text not null default ''::text -- Argon2id as a PHC string; empty without one. Opens a paired desk and nothing else.
  constraint credential_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id)
  constraint credential_pkey PRIMARY KEY (person_id)
  grant insert, select, update to toancanh_app
table dataset -- What this database was born as; a simulated one stays so (architecture: invariant 9).
  only_row boolean not null default true
  origin text not null
  created_at timestamp with time zone not null default now()
  history_at timestamp with time zone
  constraint dataset_one_row CHECK (only_row)
  constraint dataset_origin CHECK ((origin = ANY (ARRAY['real'::text, 'simulated'::text])))
  constraint dataset_pkey PRIMARY KEY (only_row)
  grant insert, select, update to toancanh_app
  grant select to toancanh_public_read
table desk
  id uuid not null
  label text not null
  areas text[] not null -- division/code of each area whose list the desk shows, with all that lies in it.
  token_hash bytea not null
  paired_at timestamp with time zone not null default now()
  paired_by text not null
  revoked_at timestamp with time zone
  constraint desk_pkey PRIMARY KEY (id)
  constraint desk_token_unique UNIQUE (token_hash)
  grant insert, select, update to toancanh_app
table drill
  id uuid not null
  version bigint not null default 1
  scenario text not null
  title text not null
  division text not null
  area text not null
  path text[] not null
  speed double precision not null
  note text not null default ''::text
  state text not null default 'planned'::text
  planned_by text not null
  starts_at timestamp with time zone not null
  started_at timestamp with time zone
  ended_at timestamp with time zone
  ended_by text not null default ''::text
  script jsonb not null
  played integer not null default 0 -- Deeds of the script that are done; each is harmless when it is done again.
  problem text not null default ''::text
  cleared boolean not null default false -- What the drill left has been taken off the screens.
  debrief jsonb
  key_id text not null default ''::text -- The key it was last played with; whoever plays on revokes it.
  created_at timestamp with time zone not null default now()
  constraint drill_pkey PRIMARY KEY (id)
  constraint drill_state CHECK ((state = ANY (ARRAY['planned'::text, 'running'::text, 'ended'::text, 'cancelled'::text])))
  CREATE INDEX drill_open ON public.drill USING btree (starts_at) WHERE (NOT cleared)
  CREATE UNIQUE INDEX drill_running ON public.drill USING btree ((true)) WHERE (state = 'running'::text)
  grant insert, select, update to toancanh_app
table dti_value -- Values of main indices and of components, append-only: the application may not change or delete one. What replaces nothing begins a value, what no other replaces is in force.
  n bigint not null generated always as identity
  entered_at timestamp with time zone not null
  value numeric(9,4) -- Of a main index from 0 to 1, of a component in points out of most; null: the value was withdrawn.
  most numeric(9,4)
  replaces bigint
  dated date
  year smallint not null
  area text not null
  scheme text not null
  code text not null -- Of a main index, "7", or of a component of it, "7.12".
  name text not null default ''::text
  title text not null default ''::text
  issuer text not null default ''::text
  number text not null default ''::text
  reference text not null default ''::text
  reason text not null default ''::text
  entered_by text not null -- An opaque id; never public.
  constraint dti_value_evidence CHECK ((((value IS NOT NULL) AND (most IS NOT NULL) AND (dated IS NOT NULL) AND (title <> ''::text) AND (issuer <> ''::text) AND ((number <> ''::text) OR (reference <> ''::text))) OR ((value IS NULL) AND (most IS NULL) AND (replaces IS NOT NULL) AND (reason <> ''::text))))
  constraint dti_value_in_range CHECK (((value >= (0)::numeric) AND (most > (0)::numeric) AND (value <= most)))
  constraint dti_value_of UNIQUE (n, area, scheme, year, code)
  constraint dti_value_pkey PRIMARY KEY (n)
  constraint dti_value_replaced_once UNIQUE (replaces)
  constraint dti_value_replaces_its_own FOREIGN KEY (replaces, area, scheme, year, code) REFERENCES dti_value(n, area, scheme, year, code)
  CREATE UNIQUE INDEX dti_value_begins_once ON public.dti_value USING btree (area, scheme, year, code) WHERE (replaces IS NULL)
  grant insert, select to toancanh_app
table duty_ladder -- Seconds after which the steps of a call list come, by priority.
  only_row boolean not null default true
  changed_at timestamp with time zone not null default now()
  version bigint not null default 1
  changed_by text not null default ''::text
  after jsonb not null
  constraint duty_ladder_one_row CHECK (only_row)
  constraint duty_ladder_pkey PRIMARY KEY (only_row)
  grant select, update to toancanh_app
table duty_shift -- Who holds a position from when until when. Of a unit where units have one each.
  id uuid not null
  from_at timestamp with time zone not null
  until_at timestamp with time zone not null
  changed_at timestamp with time zone not null default now()
  version bigint not null default 1
  person uuid not null
  substitute uuid -- Who is called when the person cannot be reached.
  position text not null
  unit text not null default ''::text
  name text not null default ''::text
  changed_by text not null
  constraint duty_shift_lasts CHECK ((until_at > from_at))
  constraint duty_shift_of_unit CHECK ((("position" = 'truc_don_vi'::text) = (unit <> ''::text)))
  constraint duty_shift_person_fkey FOREIGN KEY (person) REFERENCES person(id)
  constraint duty_shift_pkey PRIMARY KEY (id)
  constraint duty_shift_position CHECK (("position" = ANY (ARRAY['truong_ca'::text, 'truc_ban'::text, 'lanh_dao_truc'::text, 'truc_don_vi'::text])))
  constraint duty_shift_substitute_fkey FOREIGN KEY (substitute) REFERENCES person(id)
  CREATE INDEX duty_shift_until ON public.duty_shift USING btree (until_at, from_at)
  grant delete, insert, select, update to toancanh_app
table duty_way -- How a person on duty is reached: browsers that take pushes, a phone, an address. Sealed with a key outside the database, id as associated data.
  id uuid not null
  made_at timestamp with time zone not null default now()
  reached_at timestamp with time zone
  failed_at timestamp with time zone
  person uuid not null
  channel text not null
  device text not null default ''::text -- Which browser, in two words.
  problem text not null default ''::text -- Why the newest call by it failed, in a word; empty while it does.
  key_id text not null
  sealed bytea not null
  mark bytea not null -- Of a push subscription the hash of its address; of the others that of person and channel: one each.
  constraint duty_way_channel CHECK ((channel = ANY (ARRAY['push'::text, 'sms'::text, 'mail'::text])))
  constraint duty_way_mark_unique UNIQUE (mark)
  constraint duty_way_person_fkey FOREIGN KEY (person) REFERENCES person(id)
  constraint duty_way_pkey PRIMARY KEY (id)
  CREATE INDEX duty_way_person ON public.duty_way USING btree (person)
  grant delete, insert, select, update to toancanh_app
table event partition by RANGE (day) -- One row an audience: the payload is stored once, topics name where it is announced.
  id bigint not null default nextval('event_id_seq'::regclass)
  day date not null default ((now() AT TIME ZONE 'UTC'::text))::date
  at timestamp with time zone not null
  version bigint not null
  audience text not null
  kind text not null
  thing text not null
  purge boolean not null default false
  topics text[] not null
  data text
  constraint event_pkey PRIMARY KEY (id, day)
  CREATE INDEX event_thing ON ONLY public.event USING btree (thing)
  grant insert, select, update to toancanh_app
table gateway
  seen_at timestamp with time zone
  state_since timestamp with time zone
  complaint_at timestamp with time zone
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()
  lat double precision not null
  lon double precision not null
  stale_after interval not null
  per_minute integer not null -- Measured values it may bring in a minute, in the long run.
  sample boolean not null default false
  code text not null
  name text not null
  kind text not null
  division text not null
  area text not null
  path text[] not null
  owner text not null default ''::text
  key_id text not null default ''::text
  parent text not null default ''::text -- Code of the gateway it speaks through; empty when it reaches us by itself.
  standing text not null default 'active'::text
  origin text not null
  state text not null default 'ok'::text -- How it behaved in the last minutes: ok, garbage, flooding or replaying. Silence is seen_at and stale_after.
  complaint text not null default ''::text -- The newest refusal in words; nothing of what was sent but the names of things.
  constraint gateway_per_minute CHECK ((per_minute > 0))
  constraint gateway_pkey PRIMARY KEY (code)
  CREATE UNIQUE INDEX gateway_key ON public.gateway USING btree (key_id) WHERE (key_id <> ''::text)
  grant insert, select, update to toancanh_app
table gateway_count
  day date not null
  n bigint not null
  gateway text not null
  reason text not null -- A reason of refusal, or taken. The day is one of the centre's zone.
  constraint gateway_count_gateway_fkey FOREIGN KEY (gateway) REFERENCES gateway(code)
  constraint gateway_count_pkey PRIMARY KEY (gateway, day, reason)
  grant delete, insert, select, update to toancanh_app
table gateway_minute -- What each gateway brought in each of the last minutes; older rows are dropped.
  minute timestamp with time zone not null
  taken integer not null default 0
  repeated integer not null default 0
  late integer not null default 0
  refused integer not null default 0
  limited integer not null default 0
  gateway text not null
  constraint gateway_minute_gateway_fkey FOREIGN KEY (gateway) REFERENCES gateway(code)
  constraint gateway_minute_pkey PRIMARY KEY (gateway, minute)
  grant delete, insert, select, update to toancanh_app
table handover -- Content is what was open and what had happened when the one who left signed; it never changes.
  id uuid not null
  division text not null
  area text not null
  path text[] not null
  content jsonb not null
  note text not null default ''::text
  out_by text not null
  out_name text not null
  out_at timestamp with time zone not null
  in_by text not null default ''::text
  in_name text not null default ''::text
  in_at timestamp with time zone
  reply text not null default ''::text
  constraint handover_pkey PRIMARY KEY (id)
  constraint handover_taken CHECK (((in_at IS NULL) = (in_by = ''::text)))
  constraint handover_two_people CHECK ((in_by <> out_by))
  CREATE INDEX handover_of_area ON public.handover USING btree (area, out_at DESC)
  CREATE UNIQUE INDEX handover_one_waiting ON public.handover USING btree (area) WHERE (in_at IS NULL)
  grant insert, select to toancanh_app
table hook -- Who is told of changes over HTTP. Its secret is derived from id and generation with a key outside the database.
  created_at timestamp with time zone not null default now()
  next_at timestamp with time zone not null default now()
  failing_since timestamp with time zone
  delivered_at timestamp with time zone
  former_until timestamp with time zone
  ended_at timestamp with time zone
  seq bigint not null -- The last event of the topic that was taken over there.
  delivered bigint not null default 0
  generation integer not null default 1
  attempts integer not null default 0
  id text not null
  label text not null
  url text not null
  topic text not null
  epoch text not null
  problem text not null default ''::text -- Why the newest attempt failed, in a word; empty while all is well.
  ended_why text not null default ''::text
  constraint hook_pkey PRIMARY KEY (id)
  CREATE INDEX hook_next ON public.hook USING btree (next_at) WHERE (ended_at IS NULL)
  grant insert, select, update to toancanh_app
table idempotency
  scope text not null
  key text not null
  body_hash bytea not null
  status smallint not null
  answer text not null
  created_at timestamp with time zone not null default now()
  constraint idempotency_pkey PRIMARY KEY (scope, key)
  CREATE INDEX idempotency_created ON public.idempotency USING brin (created_at)
  grant delete, insert, select to toancanh_app
table incident -- A happening that the room answers as one. Its log holds every version.
  proposed_at timestamp with time zone not null
  changed_at timestamp with time zone not null
  first_at timestamp with time zone not null
  last_at timestamp with time zone not null
  opened_at timestamp with time zone
  closed_at timestamp with time zone
  lat double precision not null
  lon double precision not null
  version bigint not null
  year integer not null
  number integer not null
  tasks_open integer not null default 0
  tasks_done integer not null default 0
  attachments integer not null default 0
  by_rule boolean not null
  id uuid not null
  origin text not null
  state text not null
  family text not null -- What kind of happening: things of one family may be one incident.
  title text not null
  division text not null
  area text not null
  path text[] not null
  commander text not null default ''::text
  commander_name text not null default ''::text
  commander_as text not null default ''::text -- The commander's role, which is all a screen names.
  reason text not null default ''::text
  closing text not null default ''::text
  constraint incident_closed_with_words CHECK (((state <> 'closed'::text) OR (closing <> ''::text)))
  constraint incident_dismissed_with_words CHECK (((state <> 'dismissed'::text) OR (reason <> ''::text)))
  constraint incident_number_once UNIQUE (year, number)
  constraint incident_pkey PRIMARY KEY (id)
  constraint incident_state CHECK ((state = ANY (ARRAY['proposed'::text, 'open'::text, 'closed'::text, 'dismissed'::text])))
  CREATE INDEX incident_live ON public.incident USING btree (proposed_at DESC, id DESC) WHERE (state = ANY (ARRAY['proposed'::text, 'open'::text]))
  CREATE INDEX incident_proposed ON public.incident USING btree (proposed_at DESC, id DESC)
  grant insert, select, update to toancanh_app
table incident_attachment -- Files kept with an incident; the content lies sealed beside the photos.
  added_at timestamp with time zone not null
  bytes integer not null
  id uuid not null
  incident_id uuid not null
  name text not null
  type text not null
  hash text not null
  by text not null
  file text not null
  key_id text not null
  sealed bytea not null
  constraint incident_attachment_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incident(id)
  constraint incident_attachment_pkey PRIMARY KEY (id)
  CREATE INDEX incident_attachment_of ON public.incident_attachment USING btree (incident_id)
  grant insert, select to toancanh_app
table incident_entry -- Append-only log: the application may not change or delete it.
  at timestamp with time zone not null
  n bigint not null
  incident_id uuid not null
  act text not null
  by text not null
  by_name text not null
  by_as text not null
  text text not null
  reason text not null
  detail jsonb not null
  constraint incident_entry_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incident(id)
  constraint incident_entry_pkey PRIMARY KEY (incident_id, n)
  grant insert, select to toancanh_app
table incident_number -- The last number given in a year; raised in the transaction of its incident, so that none is left out.
  year integer not null
  last integer not null
  constraint incident_number_pkey PRIMARY KEY (year)
  grant insert, select, update to toancanh_app
table incident_task -- What a unit is asked to do for an incident. It holds nothing of a resident.
  given_at timestamp with time zone not null
  due timestamp with time zone
  acked_at timestamp with time zone
  ended_at timestamp with time zone
  version bigint not null
  n integer not null
  id uuid not null
  incident_id uuid not null
  state text not null
  unit text not null
  text text not null
  given_by text not null
  given_by_name text not null
  given_by_as text not null
  acked_by text not null default ''::text
  acked_by_name text not null default ''::text
  acked_by_as text not null default ''::text
  ended_by text not null default ''::text
  ended_by_name text not null default ''::text
  ended_by_as text not null default ''::text
  result text not null default ''::text
  constraint incident_task_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incident(id)
  constraint incident_task_once UNIQUE (incident_id, n)
  constraint incident_task_pkey PRIMARY KEY (id)
  constraint incident_task_state CHECK ((state = ANY (ARRAY['given'::text, 'acked'::text, 'done'::text, 'cancelled'::text])))
  CREATE INDEX incident_task_unit ON public.incident_task USING btree (unit, given_at DESC, id DESC)
  grant insert, select, update to toancanh_app
table incident_thing -- The alarms and reports of an incident, also those that left it. None was ever removed.
  joined_at timestamp with time zone not null
  left_at timestamp with time zone
  n bigint not null -- The entry that joined it last.
  held boolean not null default true -- It belongs to a live incident: no other may have it.
  incident_id uuid not null
  kind text not null
  thing uuid not null
  constraint incident_thing_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incident(id)
  constraint incident_thing_kind CHECK ((kind = ANY (ARRAY['alarm'::text, 'report'::text])))
  constraint incident_thing_left CHECK (((left_at IS NULL) OR (NOT held)))
  constraint incident_thing_pkey PRIMARY KEY (incident_id, kind, thing)
  CREATE INDEX incident_thing_of ON public.incident_thing USING btree (thing)
  CREATE UNIQUE INDEX incident_thing_once ON public.incident_thing USING btree (kind, thing) WHERE held
  grant insert, select, update to toancanh_app
table invitation -- One-time links to set a password; a new one replaces the one before.
  person_id uuid not null
  hash bytea not null
  created_at timestamp with time zone not null default now()
  expires_at timestamp with time zone not null
  constraint invitation_hash_unique UNIQUE (hash)
  constraint invitation_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id)
  constraint invitation_pkey PRIMARY KEY (person_id)
  grant delete, insert, select, update to toancanh_app
table mail_follower -- Addresses that hear of a report. Sealed like contacts, id as associated data; without a confirmation dropped after three days.
  id uuid not null
  report_id uuid not null
  key_id text not null
  sealed bytea not null
  token_hash bytea not null
  english boolean not null default false
  created_at timestamp with time zone not null default now()
  confirmed_at timestamp with time zone
  constraint mail_follower_pkey PRIMARY KEY (id)
  constraint mail_follower_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id)
  constraint mail_follower_token_unique UNIQUE (token_hash)
  CREATE INDEX mail_follower_report ON public.mail_follower USING btree (report_id)
  grant delete, insert, select to toancanh_app
table mail_outbox -- Mails to be sent; id names the message, n the timeline entry it tells of, 0 asks for the confirmation.
  id uuid not null
  follower_id uuid not null
  n bigint not null
  step text not null
  made_at timestamp with time zone not null default now()
  due_at timestamp with time zone not null default '-infinity'::timestamp with time zone -- Not before; a new mail is due at once.
  tries smallint not null default 0
  constraint mail_outbox_follower_id_fkey FOREIGN KEY (follower_id) REFERENCES mail_follower(id) ON DELETE CASCADE
  constraint mail_outbox_once UNIQUE (follower_id, n)
  constraint mail_outbox_pkey PRIMARY KEY (id)
  CREATE INDEX mail_outbox_due ON public.mail_outbox USING btree (due_at)
  grant delete, insert, select, update to toancanh_app
table maintenance -- Times in which the silence and the alarms of a sensor or of a gateway are suppressed by design.
  id bigint not null generated always as identity
  from_at timestamp with time zone not null
  until_at timestamp with time zone not null
  created_at timestamp with time zone not null default now()
  ended_at timestamp with time zone -- When it was ended before its time.
  sensor_code text
  gateway_code text
  reason text not null
  by text not null
  ended_by text not null default ''::text
  constraint maintenance_lasts CHECK ((until_at > from_at))
  constraint maintenance_of_one CHECK ((num_nonnulls(sensor_code, gateway_code) = 1))
  constraint maintenance_pkey PRIMARY KEY (id)
  CREATE INDEX maintenance_sensor ON public.maintenance USING btree (sensor_code, until_at) WHERE (sensor_code IS NOT NULL)
  CREATE INDEX maintenance_until ON public.maintenance USING btree (until_at)
  grant insert, select, update to toancanh_app
table note -- Internal and append-only: the application may not change or delete it.
  report_id uuid not null
  n bigint not null
  id uuid not null
  at timestamp with time zone not null
  author text not null
  name text not null
  text text not null
  constraint note_id_unique UNIQUE (id)
  constraint note_pkey PRIMARY KEY (report_id, n)
  constraint note_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id)
  grant insert, select to toancanh_app
table outbox -- Events committed but not yet numbered by the relay. Rows are read whatever order their transactions committed in.
  event_id bigint not null
  day date not null
  constraint outbox_pkey PRIMARY KEY (event_id)
  grant delete, insert, select to toancanh_app
table person
  id uuid not null
  login text not null
  name text not null
  roles text[] not null
  units text[] not null default '{}'::text[]
  areas text[] not null default '{}'::text[] -- division/code of each area the person answers for, with all that lies in it.
  version bigint not null default 1
  created_at timestamp with time zone not null default now()
  changed_at timestamp with time zone not null default now()
  disabled_at timestamp with time zone
  constraint person_login_unique UNIQUE (login)
  constraint person_pkey PRIMARY KEY (id)
  grant insert, select, update to toancanh_app
table person_network -- Hashes of addresses a person signed in from: strangers who guess cannot slow them there.
  person_id uuid not null
  network bytea not null
  seen_at timestamp with time zone not null default now()
  constraint person_network_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id)
  constraint person_network_pkey PRIMARY KEY (person_id, network)
  grant delete, insert, select, update to toancanh_app
table person_subject
  issuer text not null
  subject text not null
  person_id uuid not null
  linked_at timestamp with time zone not null default now()
  constraint person_subject_one UNIQUE (issuer, person_id)
  constraint person_subject_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id)
  constraint person_subject_pkey PRIMARY KEY (issuer, subject)
  grant delete, insert, select to toancanh_app
table photo -- Coded anew without metadata before anything was kept. A withdrawn report has none.
  id uuid not null
  report_id uuid not null
  kind text not null
  of_sender boolean not null
  added_at timestamp with time zone not null
  width integer not null
  height integer not null
  bytes integer not null -- Of the JPEG, not of the sealed file.
  file text not null
  key_id text not null -- Of the key in photo.key that seals the file's own key.
  sealed bytea not null
  boxes jsonb -- What was covered in the copy, in pixels of the original; null: nobody has looked yet.
  copy text -- Name of the copy's file and of its public address; another one after each covering.
  public boolean not null default false
  constraint photo_copy_unique UNIQUE (copy)
  constraint photo_file_unique UNIQUE (file)
  constraint photo_kind CHECK ((kind = ANY (ARRAY['scene'::text, 'answer'::text, 'visit'::text])))
  constraint photo_pkey PRIMARY KEY (id)
  constraint photo_public_copy CHECK (((copy IS NOT NULL) OR (NOT public)))
  constraint photo_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id)
  CREATE INDEX photo_report ON public.photo USING btree (report_id, added_at)
  grant delete, insert, select to toancanh_app
table place_proposal
  version bigint not null
  report_id uuid not null
  division text not null
  old_area text not null
  new_area text not null default ''::text -- Empty: by the new boundaries the report lies outside every area.
  made_at timestamp with time zone not null default now()
  decided_at timestamp with time zone
  decision text not null default ''::text
  actor text not null default ''::text
  reason text not null default ''::text
  constraint place_proposal_decided CHECK (((decision = ''::text) = (decided_at IS NULL)))
  constraint place_proposal_decision CHECK ((decision = ANY (ARRAY[''::text, 'applied'::text, 'dismissed'::text, 'overtaken'::text])))
  constraint place_proposal_pkey PRIMARY KEY (version, report_id)
  constraint place_proposal_version_fkey FOREIGN KEY (version) REFERENCES boundary(version)
  CREATE INDEX place_proposal_open ON public.place_proposal USING btree (report_id) WHERE (decision = ''::text)
  grant insert, select, update to toancanh_app
table public_category -- How many there are of each category in the whole division; wider is * when counted together with others.
  value integer
  division text not null
  category text not null
  measure text not null
  wider text not null default ''::text
  constraint public_category_pkey PRIMARY KEY (division, category, measure)
  grant delete, insert, select, update to toancanh_app
  grant select to toancanh_public_read
table public_cell -- Reports received, by commune, category and week; where there are fewer than five, of a wider area or a longer time.
  from_date date not null
  until_date date not null
  value integer not null
  rest boolean not null -- It counts what no other row of the same category and time counts in that area.
  division text not null
  area text not null
  category text not null
  constraint public_cell_not_few CHECK ((value >= 5))
  constraint public_cell_pkey PRIMARY KEY (division, category, from_date, until_date, area, rest)
  grant delete, insert, select, update to toancanh_app
  grant select to toancanh_public_read
table public_count -- How many there are in each area, as far as it may be told; null: fewer than five.
  value integer
  division text not null
  area text not null
  measure text not null
  wider text not null default ''::text -- The wider area the number is of, when the area's own is not told.
  constraint public_count_pkey PRIMARY KEY (division, area, measure)
  grant delete, insert, select, update to toancanh_app
  grant select to toancanh_public_read
table public_rate -- Counts behind the rates of each area and unit; what may not be told has no row.
  value integer not null
  kind text not null
  division text not null
  place text not null
  name text not null default ''::text -- Of a unit; areas are named by their division.
  measure text not null
  constraint public_rate_kind CHECK ((kind = ANY (ARRAY['area'::text, 'unit'::text])))
  constraint public_rate_pkey PRIMARY KEY (kind, division, place, measure)
  grant delete, insert, select, update to toancanh_app
  grant select to toancanh_public_read
table public_rate_period -- The days of receipt that public_rate counts, and whether they are long enough ago.
  from_date date not null
  until_date date not null
  mature boolean not null
  counted_at timestamp with time zone not null -- As of when replies are counted.
  only_row boolean not null default true
  ripe_from date -- The first day of receipt whose results are told, counted as of ripe_at; null: none is long enough ago.
  ripe_until date
  ripe_at timestamp with time zone
  constraint public_rate_period_one_row CHECK (only_row)
  constraint public_rate_period_pkey PRIMARY KEY (only_row)
  grant delete, insert, select, update to toancanh_app
table public_record -- What has left of single reports, in batches: an allow-list. The area is as wide as it takes to stand for five.
  received_hour timestamp with time zone not null
  changed_at timestamp with time zone not null
  published_at timestamp with time zone
  version bigint not null -- Grows with every batch that changes the row; tells nothing of the report's own.
  lat double precision
  lon double precision
  due_date date
  resolved_date date
  is_open boolean not null
  code text not null
  category text not null
  division text not null
  area text not null
  path text[] not null
  status text not null
  origin text not null
  text text not null default ''::text
  photos text[] not null default '{}'::text[]
  constraint public_record_pkey PRIMARY KEY (code)
  CREATE INDEX public_record_changed ON public.public_record USING btree (changed_at DESC, code)
  CREATE INDEX public_record_path ON public.public_record USING gin (path)
  CREATE INDEX public_record_published ON public.public_record USING btree (published_at DESC) WHERE (published_at IS NOT NULL)
  CREATE INDEX public_record_received ON public.public_record USING btree (received_hour DESC, code)
  CREATE INDEX public_record_results ON public.public_record USING btree (division, area, published_at DESC) WHERE (published_at IS NOT NULL)
  grant delete, insert, select, update to toancanh_app
  grant select to toancanh_public_read
table public_report -- What everybody may see of a report, an allow-list written by view, before it leaves: rows wait here for the next batch.
  code text not null
  version bigint not null
  category text not null
  division text not null
  area text not null
  path text[] not null
  status text not null
  is_open boolean not null
  received_hour timestamp with time zone not null
  due_date date
  resolved_date date
  published_at timestamp with time zone
  origin text not null
  text text not null default ''::text
  answer text not null default ''::text
  photos text[] not null default '{}'::text[]
  changed_at timestamp with time zone not null default now() -- When what everybody may see of the report last changed.
  lat double precision -- Middle of a square of 500 m; the exact place never comes here.
  lon double precision
  constraint public_report_pkey PRIMARY KEY (code)
  CREATE INDEX public_report_area ON public.public_report USING btree (division, area)
  CREATE INDEX public_report_changed ON public.public_report USING btree (changed_at DESC, code)
  CREATE INDEX public_report_published ON public.public_report USING btree (published_at DESC) WHERE (published_at IS NOT NULL)
  CREATE INDEX public_report_received ON public.public_report USING btree (received_hour DESC, code)
  grant delete, insert, select, update to toancanh_app
table public_state -- When the counts were last found true, and the quarter hour of the newest batch.
  counted_at timestamp with time zone
  batch_at timestamp with time zone
  loads bigint not null default 0 -- Grows with every load of the past: what left long ago elsewhere need not wait here.
  only_row boolean not null default true
  constraint public_state_one_row CHECK (only_row)
  constraint public_state_pkey PRIMARY KEY (only_row)
  grant select, update to toancanh_app
table public_warning -- Every message of ours as it went out, for everybody. No person is named in it, and no row ever changes.
  n bigint not null generated always as identity
  sent_at timestamp with time zone not null
  expires_at timestamp with time zone not null
  id uuid not null
  msg_type text not null
  status text not null
  origin text not null
  title text not null
  title_en text not null default ''::text
  summary text not null
  shown jsonb not null
  body bytea not null
  constraint public_warning_id_fkey FOREIGN KEY (id) REFERENCES warning(id)
  constraint public_warning_n_key UNIQUE (n)
  constraint public_warning_pkey PRIMARY KEY (id)
  CREATE INDEX public_warning_sent ON public.public_warning USING btree (sent_at DESC, n DESC)
  grant insert, select to toancanh_app
  grant select to toancanh_public_read
table push_outbox -- Pushes to be sent, made of public facts alone. A dead one is kept for a week.
  due_at timestamp with time zone not null
  expires_at timestamp with time zone not null
  dead_at timestamp with time zone
  n integer not null
  tries smallint not null default 0
  last boolean not null -- It says that no more come today.
  id uuid not null
  subscription_id uuid not null
  kind text not null
  event text not null
  area text not null
  category text not null default ''::text
  headline text not null default ''::text
  headline_en text not null default ''::text
  problem text not null default ''::text
  constraint push_outbox_kind CHECK ((kind = ANY (ARRAY['warning'::text, 'result'::text])))
  constraint push_outbox_once UNIQUE (subscription_id, event)
  constraint push_outbox_pkey PRIMARY KEY (id)
  constraint push_outbox_subscription_id_fkey FOREIGN KEY (subscription_id) REFERENCES push_subscription(id) ON DELETE CASCADE
  CREATE INDEX push_outbox_due ON public.push_outbox USING btree (kind DESC, due_at) WHERE (dead_at IS NULL)
  grant delete, insert, select, update to toancanh_app
table push_state -- The batch of results that the outbox has come to.
  batch_at timestamp with time zone
  only_row boolean not null default true
  constraint push_state_one_row CHECK (only_row)
  constraint push_state_pkey PRIMARY KEY (only_row)
  grant select, update to toancanh_app
table push_subscription -- Browsers that hear of public facts. Nothing tells whose they are; endpoint and keys are sealed, id as associated data.
  renewed_on date not null -- The day it was last asked for; half a year later it ends.
  told_on date not null default '-infinity'::date -- The day that results and warnings count what was queued for it.
  results smallint not null default 0
  warnings smallint not null default 0
  english boolean not null
  id uuid not null
  severity text not null -- The least severity of warnings it hears of; empty: of none.
  key_id text not null
  areas text[] not null
  categories text[] not null -- Of results; * is all.
  mark bytea not null -- Hash of the endpoint: there is one of each. proof is that of endpoint and auth together.
  proof bytea not null
  sealed bytea not null
  constraint push_subscription_mark_unique UNIQUE (mark)
  constraint push_subscription_pkey PRIMARY KEY (id)
  CREATE INDEX push_subscription_renewed ON public.push_subscription USING btree (renewed_on)
  grant delete, insert, select, update to toancanh_app
table push_told -- What the outbox knows already of the last two days: published results and messages to the public.
  at timestamp with time zone not null
  key text not null
  constraint push_told_pkey PRIMARY KEY (key)
  CREATE INDEX push_told_at ON public.push_told USING btree (at)
  grant delete, insert, select, update to toancanh_app
table reading partition by RANGE (ts)
  ts timestamp with time zone not null
  value double precision not null
  sensor_id integer not null
  quality smallint not null default 0
  origin smallint not null default 0
  received_at timestamp with time zone default now()
  source integer not null default 0
  CREATE UNIQUE INDEX reading_sensor_ts ON ONLY public.reading USING btree (sensor_id, ts)
  CREATE INDEX reading_ts ON ONLY public.reading USING brin (ts) WITH (pages_per_range='32')
  grant insert, select to toancanh_app
table reading_5m partition by RANGE (bucket)
  bucket timestamp with time zone not null
  sum double precision not null
  min double precision not null
  max double precision not null
  n integer not null
  sensor_id integer not null
  constraint reading_5m_pkey PRIMARY KEY (sensor_id, bucket)
  grant insert, select, update to toancanh_app
table reading_dirty -- Five-minute buckets that late readings changed; the rollup makes them again.
  bucket timestamp with time zone not null
  sensor_id integer not null
  constraint reading_dirty_pkey PRIMARY KEY (bucket, sensor_id)
  grant delete, insert, select to toancanh_app
table reading_latest
  ts timestamp with time zone not null
  updated_at timestamp with time zone not null default now()
  value double precision not null
  version bigint not null default 1
  sensor_id integer not null
  quality smallint not null default 0
  origin smallint not null default 0
  changed_at timestamp with time zone -- Since when the value has not changed, by the clock of the device.
  source integer not null default 0
  constraint reading_latest_pkey PRIMARY KEY (sensor_id)
  grant insert, select, update to toancanh_app
table reading_source -- Who brought readings: a key by its id, or a gateway by its code.
  id integer not null generated always as identity
  name text not null
  constraint reading_source_pkey PRIMARY KEY (id)
  constraint reading_source_unique UNIQUE (name)
  grant insert, select to toancanh_app
table recovery_code
  person_id uuid not null
  hash bytea not null
  used_at timestamp with time zone
  constraint recovery_code_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id)
  constraint recovery_code_pkey PRIMARY KEY (person_id, hash)
  grant delete, insert, select, update to toancanh_app
table relay
  only_row boolean not null default true
  epoch text not null
  term bigint not null default 0
  leader text not null default ''::text
  lease_until timestamp with time zone not null default '-infinity'::timestamp with time zone
  leader_pid integer not null default 0
  leader_started timestamp with time zone not null default '-infinity'::timestamp with time zone
  cluster text not null default ''::text -- System identifier and timeline last seen; when they differ the epoch is replaced (a restore).
  constraint relay_one_row CHECK (only_row)
  constraint relay_pkey PRIMARY KEY (only_row)
  grant insert, select, update to toancanh_app
table report
  id uuid not null
  received_at timestamp with time zone not null
  occurred_at timestamp with time zone
  changed_at timestamp with time zone not null
  accepted_at timestamp with time zone
  assigned_at timestamp with time zone
  resolved_at timestamp with time zone
  published_at timestamp with time zone
  closed_at timestamp with time zone
  withdrawn_at timestamp with time zone
  paused_at timestamp with time zone
  extension_until timestamp with time zone
  due_accept timestamp with time zone
  due_assign timestamp with time zone
  due_resolve timestamp with time zone
  due_original timestamp with time zone
  due_publish timestamp with time zone
  due_now timestamp with time zone -- The deadline whose clock runs now; null when none does.
  ended_at timestamp with time zone -- When it stopped being open; null while it is.
  lat double precision not null
  lon double precision not null
  cell bigint not null -- z20 web-mercator quadkey; the parent at zoom z is cell >> 2*(20-z).
  version bigint not null
  bounces integer not null default 0
  reopens integer not null default 0
  rules integer not null default 1
  emergency boolean not null default false
  place_confirmed boolean not null default false
  has_contact boolean not null default false
  is_open boolean not null
  is_excluded boolean not null default false -- Refused, merged or withdrawn: left out of the rate of reports handled on time.
  code text not null
  origin text not null
  source text not null
  category text not null
  status text not null
  before_status text not null default ''::text
  priority text not null
  division text not null
  area text not null
  path text[] not null
  unit text not null default ''::text
  parent text not null default ''::text
  address text not null default ''::text
  description text not null
  reason text not null default ''::text
  answer text not null default ''::text
  public_text text not null default ''::text
  folded text not null default ''::text -- Words of description, address and code without diacritics, a:division/code of each area, c:category.
  photos integer not null default 0
  public_photos jsonb -- Photos and the names of their public copies, as the timeline left them.
  words tsvector default array_to_tsvector(string_to_array(folded, ' '::text)) -- folded, for search by the beginnings of words.
  level text not null default 'tinh'::text
  constraint report_code_unique UNIQUE (code)
  constraint report_level CHECK ((level = ANY (ARRAY['xa'::text, 'huyen'::text, 'tinh'::text, 'trung_uong'::text])))
  constraint report_origin CHECK ((origin = ANY (ARRAY['real'::text, 'simulated'::text, 'replayed'::text, 'imported'::text, 'drill'::text])))
  constraint report_pkey PRIMARY KEY (id)
  constraint report_version_grows CHECK ((version > 0))
  CREATE INDEX report_changed ON public.report USING btree (changed_at)
  CREATE INDEX report_closed ON public.report USING btree (closed_at DESC) WHERE ((NOT is_open) AND (withdrawn_at IS NULL))
  CREATE INDEX report_due ON public.report USING btree (due_now, id) WHERE (due_now IS NOT NULL)
  CREATE INDEX report_due_now ON public.report USING btree (due_now) WHERE is_open
  CREATE INDEX report_due_original ON public.report USING btree (due_original) WHERE (due_original IS NOT NULL)
  CREATE INDEX report_open_received ON public.report USING btree (received_at DESC) WHERE is_open
  CREATE INDEX report_open_unit ON public.report USING btree (unit, received_at DESC, id DESC) WHERE (is_open AND (unit <> ''::text))
  CREATE INDEX report_received ON public.report USING btree (received_at DESC, id)
  CREATE INDEX report_words ON public.report USING gin (words)
  grant insert, select, update to toancanh_app
table report_act -- Append-only timeline: the application may not change or delete it.
  report_id uuid not null
  n bigint not null
  at timestamp with time zone not null
  until timestamp with time zone
  act text not null
  from_status text not null
  to_status text not null
  actor text not null
  unit text not null default ''::text
  reason text not null default ''::text
  text text not null default ''::text
  parent text not null default ''::text
  area text not null default ''::text
  photo text not null default ''::text
  copy text not null default ''::text -- With redact_photo: the public name of the photo's copy from then on; empty: none.
  solved text not null default ''::text -- Of a rating; so is manner.
  manner text not null default ''::text
  proposed text not null default ''::text -- At an assign, the unit that the rules proposed.
  level text not null default ''::text
  constraint report_act_pkey PRIMARY KEY (report_id, n)
  constraint report_act_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id)
  CREATE INDEX report_act_handed ON public.report_act USING btree (at) WHERE (act = ANY (ARRAY['assign'::text, 'return'::text]))
  grant insert, select to toancanh_app
table report_attribute -- What a service asked beside the description, and the answer, for staff alone; name is the question as it was put.
  report_id uuid not null
  n smallint not null
  code text not null
  name text not null
  value text[] not null
  constraint report_attribute_pkey PRIMARY KEY (report_id, n)
  constraint report_attribute_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id)
  grant insert, select to toancanh_app
table report_contact -- AES-256-GCM (nonce first, report id as associated data); the key lies outside the database.
  report_id uuid not null
  key_id text not null
  sealed bytea not null
  created_at timestamp with time zone not null default now()
  constraint report_contact_pkey PRIMARY KEY (report_id)
  constraint report_contact_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id)
  grant delete, insert, select to toancanh_app
table report_rating -- The newest word of a sender on each publication; the timeline has every one.
  report_id uuid not null
  published_at timestamp with time zone not null
  rated_at timestamp with time zone not null
  solved text not null
  manner text not null
  constraint report_rating_manner CHECK ((manner = ANY (ARRAY['hai_long'::text, 'chap_nhan'::text, 'khong_hai_long'::text])))
  constraint report_rating_pkey PRIMARY KEY (report_id, published_at)
  constraint report_rating_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id)
  constraint report_rating_solved CHECK ((solved = ANY (ARRAY['yes'::text, 'partly'::text, 'no'::text])))
  grant insert, select to toancanh_app
table saved_view
  id uuid not null
  version bigint not null default 1
  owner text not null
  owner_name text not null
  name text not null
  filter jsonb not null
  division text not null default ''::text
  path text[] not null default '{}'::text[] -- Empty: the owner's alone; else for everybody who works in that area.
  changed_at timestamp with time zone not null default now()
  constraint saved_view_pkey PRIMARY KEY (id)
  constraint saved_view_place CHECK (((division = ''::text) = (path = '{}'::text[])))
  CREATE INDEX saved_view_owner ON public.saved_view USING btree (owner)
  grant delete, insert, select, update to toancanh_app
table screen -- Settings and orders. Deleted rows stay: the version must go on when the screen comes back.
  id text not null
  version bigint not null
  changed_at timestamp with time zone not null
  deleted_at timestamp with time zone
  panel_mm integer -- Height of the lit picture; null: 55 inch is assumed.
  viewing_mm integer -- Distance of the farthest seat; null: 5 m is assumed.
  title text not null default ''::text
  point text not null default ''::text -- The connection point (diem cau) it stands at.
  division text not null default ''::text
  area text not null default ''::text -- Its own area; empty: what its id names, else the province.
  scene text not null default ''::text
  density text not null default 'auto'::text
  show jsonb not null default '{}'::jsonb
  before jsonb -- What it showed before the meeting it follows in; null outside meetings.
  constraint screen_density CHECK ((density = ANY (ARRAY['auto'::text, 'far'::text, 'middle'::text, 'near'::text])))
  constraint screen_panel CHECK ((panel_mm > 0))
  constraint screen_pkey PRIMARY KEY (id)
  constraint screen_version_grows CHECK ((version > 0))
  constraint screen_viewing CHECK ((viewing_mm > 0))
  grant insert, select, update to toancanh_app
table screen_beat -- What each page said last about itself: one row a screen, never one a beat.
  screen text not null
  at timestamp with time zone not null
  version bigint not null
  seq bigint not null
  heap_bytes bigint
  nodes bigint
  long_tasks bigint not null
  fps double precision
  skew_ms double precision
  width bigint not null
  height bigint not null
  build text not null
  scene text not null
  area text not null
  density text not null
  phase text not null
  constraint screen_beat_pkey PRIMARY KEY (screen)
  grant delete, insert, select, update to toancanh_app
table screen_pairing
  id uuid not null
  screen text not null
  subject text not null -- Whom tickets of the live feed name: revoked with the pairing, never used again.
  paired_at timestamp with time zone not null
  paired_by text not null
  own boolean not null default false -- A browser on the sample's own machine, paired without a code; a screen may have several.
  agent text not null default ''::text
  network text not null default ''::text
  seen_at timestamp with time zone not null
  ended_at timestamp with time zone
  ended_why text not null default ''::text
  constraint screen_pairing_pkey PRIMARY KEY (id)
  constraint screen_pairing_subject_unique UNIQUE (subject)
  CREATE UNIQUE INDEX screen_pairing_alive ON public.screen_pairing USING btree (screen) WHERE ((ended_at IS NULL) AND (NOT own))
  CREATE INDEX screen_pairing_screen ON public.screen_pairing USING btree (screen)
  grant delete, insert, select, update to toancanh_app
table screen_seen -- The newest confirmation of each screen's page. A screen named by an area's code has no row in screen.
  screen text not null
  version bigint not null
  at timestamp with time zone not null
  applied boolean not null
  reason text not null default ''::text
  constraint screen_seen_pkey PRIMARY KEY (screen)
  grant delete, insert, select, update to toancanh_app
table screen_token -- Renewed with overlap: an older token goes only after two newer ones were shown.
  hash bytea not null
  pairing_id uuid not null
  issued_at timestamp with time zone not null
  shown_at timestamp with time zone
  constraint screen_token_pairing_id_fkey FOREIGN KEY (pairing_id) REFERENCES screen_pairing(id) ON DELETE CASCADE
  constraint screen_token_pkey PRIMARY KEY (hash)
  CREATE INDEX screen_token_pairing ON public.screen_token USING btree (pairing_id)
  grant delete, insert, select, update to toancanh_app
table screen_waiting
  token_hash bytea not null
  code text not null
  wish text not null -- The screen that the page's address names.
  source bytea not null -- Hash of the address it asks from, so that one address cannot fill the table.
  agent text not null default ''::text
  network text not null default ''::text
  lost text not null default ''::text -- Why the browser's earlier pairing ended; empty when it had none.
  created_at timestamp with time zone not null
  expires_at timestamp with time zone not null
  constraint screen_waiting_code_unique UNIQUE (code)
  constraint screen_waiting_pkey PRIMARY KEY (token_hash)
  CREATE INDEX screen_waiting_source ON public.screen_waiting USING btree (source)
  grant delete, insert, select, update to toancanh_app
table sensor
  id integer not null generated always as identity
  code text not null
  name text not null
  kind text not null
  unit text not null default ''::text
  lat double precision not null
  lon double precision not null
  min double precision
  max double precision
  stale_after interval not null
  division text not null
  area text not null
  path text[] not null
  origin text not null
  levels jsonb not null default '[]'::jsonb
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()
  thing text not null default ''::text -- The device behind it (SensorThings Thing): a DevEUI, the number of a station.
  field text not null default ''::text -- The name of this datastream within what the device sends.
  gateway text not null default ''::text -- Code of the gateway it speaks through; empty when it speaks for itself.
  owner text not null default ''::text -- The unit that answers for it.
  standing text not null default 'active'::text
  sample boolean not null default false
  max_rate double precision -- The quickest believable change, unit of measure per hour; null: none is known.
  stuck_after interval not null default '00:00:00'::interval -- A value unchanged for longer is doubted; 0: it may stand still.
  observed interval not null default '00:00:00'::interval -- The usual time between two readings, as measured; 0: not yet known.
  stale_auto boolean not null default false -- Too old after five times observed, at most stale_after.
  unconfirmed text[] not null default '{}'::text[] -- Names of limits no source confirms yet; they have no value and no band.
  note text not null default ''::text
  version bigint not null default 1
  proposed_by text not null default ''::text
  proposed_at timestamp with time zone
  decided_by text not null default ''::text
  decided_at timestamp with time zone
  decided_why text not null default ''::text
  refused bigint not null default 0 -- Readings refused since it was proposed, because nobody approved it yet.
  refused_at timestamp with time zone
  constraint sensor_code_unique UNIQUE (code)
  constraint sensor_pkey PRIMARY KEY (id)
  constraint sensor_standing CHECK ((standing = ANY (ARRAY['proposed'::text, 'active'::text, 'retired'::text])))
  CREATE INDEX sensor_gateway ON public.sensor USING btree (gateway) WHERE (gateway <> ''::text)
  CREATE INDEX sensor_thing ON public.sensor USING btree (thing) WHERE (thing <> ''::text)
  grant insert, select, update to toancanh_app
table session
  id uuid not null
  person_id uuid not null
  token_hash bytea not null
  subject text not null -- Whom tickets of the live feed name; replaced when rights change, so that older tickets can be revoked.
  stage text not null
  tries smallint not null default 0
  created_at timestamp with time zone not null default now()
  seen_at timestamp with time zone not null default now()
  agent text not null default ''::text
  network text not null default ''::text
  ended_at timestamp with time zone
  ended_why text not null default ''::text
  sample boolean not null default false -- Opened by the sample's start page: it counts on that machine, in the sample, and nowhere else.
  desk_id uuid -- The desk where the person is on duty: there a session does not end when nobody touches it, it locks.
  locked_at timestamp with time zone -- Locked by hand; locking for idleness follows from seen_at.
  provider boolean not null default false -- Opened by the sign-in provider.
  vouched boolean not null default false -- The provider vouched for a second factor, so that none of ours was asked for.
  constraint session_desk FOREIGN KEY (desk_id) REFERENCES desk(id)
  constraint session_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id)
  constraint session_pkey PRIMARY KEY (id)
  constraint session_stage CHECK ((stage = ANY (ARRAY['code'::text, 'enrol'::text, 'full'::text])))
  constraint session_subject_unique UNIQUE (subject)
  constraint session_token_unique UNIQUE (token_hash)
  CREATE INDEX session_created ON public.session USING brin (created_at)
  CREATE INDEX session_desk_open ON public.session USING btree (desk_id) WHERE ((ended_at IS NULL) AND (desk_id IS NOT NULL))
  CREATE INDEX session_person ON public.session USING btree (person_id) WHERE (ended_at IS NULL)
  grant delete, insert, select, update to toancanh_app
table sign_in_try -- Failed sign-ins by the hashes of login and address; forgotten after a day.
  account bytea not null
  network bytea not null
  failures integer not null default 0
  first_at timestamp with time zone not null default now()
  last_at timestamp with time zone not null default now()
  constraint sign_in_try_pkey PRIMARY KEY (account, network)
  CREATE INDEX sign_in_try_last ON public.sign_in_try USING btree (last_at)
  grant delete, insert, select, update to toancanh_app
table team
  id uuid not null
  name text not null
  village text not null -- Thôn, buôn, bon or tổ dân phố.
  division text not null
  area text not null
  path text[] not null
  version bigint not null default 1
  created_at timestamp with time zone not null default now()
  disabled_at timestamp with time zone
  constraint team_pkey PRIMARY KEY (id)
  grant insert, select, update to toancanh_app
table team_member
  team_id uuid not null
  person_id uuid not null
  constraint team_member_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id)
  constraint team_member_pkey PRIMARY KEY (team_id, person_id)
  constraint team_member_team_id_fkey FOREIGN KEY (team_id) REFERENCES team(id)
  CREATE INDEX team_member_person ON public.team_member USING btree (person_id)
  grant delete, insert, select to toancanh_app
table template -- Answers that officers of an area begin with; empty act or category: for all of them.
  id uuid not null
  version bigint not null default 1
  name text not null
  act text not null default ''::text
  category text not null default ''::text
  text text not null
  division text not null
  path text[] not null
  changed_at timestamp with time zone not null default now()
  changed_by text not null
  constraint template_pkey PRIMARY KEY (id)
  grant delete, insert, select, update to toancanh_app
table topic_entry partition by RANGE (day)
  topic text not null
  seq bigint not null
  event_id bigint not null
  day date not null
  constraint topic_entry_pkey PRIMARY KEY (topic, seq, day)
  grant insert, select to toancanh_app
table topic_head
  topic text not null
  seq bigint not null
  constraint topic_head_pkey PRIMARY KEY (topic)
  grant insert, select, update to toancanh_app
table totp
  person_id uuid not null
  key_id text not null
  sealed bytea not null
  confirmed_at timestamp with time zone
  last_step bigint not null default 0 -- The newest time step whose code was taken: no code works twice.
  constraint totp_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id)
  constraint totp_pkey PRIMARY KEY (person_id)
  grant delete, insert, select, update to toancanh_app
table transfer -- A phiếu chuyển: one an assign. What it says is kept as it was on that day; only its state changes.
  id uuid not null
  report_id uuid not null
  n bigint not null -- The entry of the timeline that made it.
  office text not null
  year integer not null
  number integer not null
  issued_at timestamp with time zone not null
  due timestamp with time zone
  category text not null
  division text not null
  area text not null
  level text not null
  emergency boolean not null
  from_unit text not null
  from_name text not null
  to_unit text not null
  to_name text not null
  state text not null default 'chua_ky_so'::text
  state_at timestamp with time zone
  state_by text not null default ''::text
  serial text not null default ''::text -- Of the certificate it was signed with.
  constraint transfer_act_once UNIQUE (report_id, n)
  constraint transfer_number_once UNIQUE (office, year, number)
  constraint transfer_pkey PRIMARY KEY (id)
  constraint transfer_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id)
  constraint transfer_report_id_n_fkey FOREIGN KEY (report_id, n) REFERENCES report_act(report_id, n)
  constraint transfer_signed CHECK ((((state = 'da_ky_so'::text) = (serial <> ''::text)) AND ((state = 'chua_ky_so'::text) OR (state_at IS NOT NULL))))
  constraint transfer_state CHECK ((state = ANY (ARRAY['chua_ky_so'::text, 'da_ky_so'::text, 'giay'::text])))
  CREATE INDEX transfer_issued ON public.transfer USING btree (issued_at)
  grant insert, select to toancanh_app
table transfer_number -- The last number given by an office in a year; raised in the transaction of its note, so that none is left out.
  office text not null
  year integer not null
  last integer not null
  constraint transfer_number_pkey PRIMARY KEY (office, year)
  grant insert, select, update to toancanh_app
table unit -- Departments and offices that act. Disabled ones stay for the reports they had.
  id text not null
  name text not null
  created_at timestamp with time zone not null default now()
  disabled_at timestamp with time zone
  constraint unit_id CHECK ((id ~ '^[a-z0-9][a-z0-9-]{0,39}$'::text))
  constraint unit_pkey PRIMARY KEY (id)
  grant insert, select, update to toancanh_app
table visit
  id uuid not null
  report_id uuid not null
  team_id uuid not null
  asked_at timestamp with time zone not null
  asked_by text not null
  note text not null default ''::text
  arrived_at timestamp with time zone
  arrived_by text not null default ''::text
  metres integer -- How far from the report the phone said it was on arrival, rounded; where it was is not kept.
  done_at timestamp with time zone
  done_by text not null default ''::text
  result text not null default ''::text
  constraint visit_in_order CHECK (((done_at IS NULL) OR (arrived_at IS NOT NULL)))
  constraint visit_metres CHECK ((metres >= 0))
  constraint visit_pkey PRIMARY KEY (id)
  constraint visit_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id)
  constraint visit_team_id_fkey FOREIGN KEY (team_id) REFERENCES team(id)
  CREATE UNIQUE INDEX visit_open_once ON public.visit USING btree (report_id, team_id) WHERE (done_at IS NULL)
  CREATE INDEX visit_team ON public.visit USING btree (team_id, asked_at)
  grant insert, select to toancanh_app
table warning -- Warnings of ours from draft to publication. A published row only ends.
  created_at timestamp with time zone not null
  changed_at timestamp with time zone not null
  approved_at timestamp with time zone
  published_at timestamp with time zone
  ended_at timestamp with time zone
  expires_at timestamp with time zone
  version bigint not null
  id uuid not null
  follows uuid
  ended_by uuid
  stage text not null
  msg_type text not null
  origin text not null
  division text not null
  approver text not null default ''::text
  publisher text not null default ''::text
  reason text not null default ''::text
  path text[] not null
  writers text[] not null -- Principals who wrote of it, the author first; none of them may approve it.
  chain text[] not null -- The messages it follows on, the oldest first: sender,identifier,time.
  draft jsonb not null
  constraint warning_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES warning(id)
  constraint warning_follows_fkey FOREIGN KEY (follows) REFERENCES warning(id)
  constraint warning_pkey PRIMARY KEY (id)
  CREATE INDEX warning_changed ON public.warning USING btree (changed_at DESC, id DESC)
  CREATE INDEX warning_in_force ON public.warning USING btree (expires_at) WHERE ((stage = 'published'::text) AND (ended_at IS NULL))
  grant insert, select, update to toancanh_app
table warning_entry -- Who did what with a warning of ours, in order.
  at timestamp with time zone not null
  n integer not null
  warning_id uuid not null
  act text not null
  actor text not null
  reason text not null default ''::text
  constraint warning_entry_pkey PRIMARY KEY (warning_id, n)
  constraint warning_entry_warning_id_fkey FOREIGN KEY (warning_id) REFERENCES warning(id)
  grant insert, select to toancanh_app
table warning_feed -- How the configured CAP feeds of others answer.
  next_at timestamp with time zone not null
  checked_at timestamp with time zone
  good_at timestamp with time zone
  attempts integer not null default 0
  taken bigint not null default 0
  refused bigint not null default 0
  url text not null
  etag text not null default ''::text
  modified text not null default ''::text
  problem text not null default ''::text
  constraint warning_feed_pkey PRIMARY KEY (url)
  grant delete, insert, select, update to toancanh_app
table warning_link -- Messages of feeds that were fetched or refused, so that none is fetched twice.
  seen_at timestamp with time zone not null
  feed text not null
  url text not null
  problem text not null default ''::text
  constraint warning_link_pkey PRIMARY KEY (feed, url)
  grant delete, insert, select, update to toancanh_app
table warning_received -- CAP messages of others, as they came. They are shown beside ours and never sent as ours.
  received_at timestamp with time zone not null default now()
  sent_at timestamp with time zone not null
  expires_at timestamp with time zone not null
  ended_at timestamp with time zone
  outside boolean not null
  id uuid not null
  source text not null
  sender text not null
  key text not null -- sender,identifier,time in UTC: the same message twice is one.
  status text not null
  msg_type text not null
  scope text not null
  ended_by text not null default ''::text
  areas text[] not null
  refs text[] not null
  shown jsonb not null
  body bytea not null
  constraint warning_received_key_key UNIQUE (key)
  constraint warning_received_pkey PRIMARY KEY (id)
  CREATE INDEX warning_received_at ON public.warning_received USING btree (received_at DESC, id DESC)
  CREATE INDEX warning_received_in_force ON public.warning_received USING btree (expires_at) WHERE (ended_at IS NULL)
  CREATE INDEX warning_received_refs ON public.warning_received USING gin (refs)
  grant delete, insert, select, update to toancanh_app
CREATE OR REPLACE FUNCTION public.cluster_identity()
 RETURNS text
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
  select (pg_control_system()).system_identifier::text || '/' || (pg_control_checkpoint()).timeline_id::text
$function$

CREATE OR REPLACE FUNCTION public.drop_partitions(parent text, before date)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
declare
  name text;
  dropped integer := 0;
begin
  if parent not in ('event', 'topic_entry', 'reading', 'reading_5m') then
    raise exception 'partitions of % are not dropped', parent;
  end if;
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = parent::regclass
      and right(c.relname, 8) ~ '^[0-9]{8}$' and to_date(right(c.relname, 8), 'YYYYMMDD') < before
  loop
    execute format('drop table %I', name);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $function$

CREATE OR REPLACE FUNCTION public.keep_partitions(first date, last date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
declare
  d date;
  name text;
begin
  for d in select generate_series(first, last, interval '1 day')::date loop
    name := 'event_' || to_char(d, 'YYYYMMDD');
    if to_regclass(name) is null then
      execute format('create table %I partition of event for values from (%L) to (%L)', name, d, d + 1);
    end if;
    name := 'topic_entry_' || to_char(d, 'YYYYMMDD');
    if to_regclass(name) is null then
      execute format('create table %I partition of topic_entry for values from (%L) to (%L)', name, d, d + 1);
    end if;
  end loop;
end $function$

CREATE OR REPLACE FUNCTION public.keep_reading_partitions(first date, last date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
declare
  d date;
  name text;
begin
  for d in select generate_series(first, last, interval '1 day')::date loop
    name := 'reading_' || to_char(d, 'YYYYMMDD');
    if to_regclass(name) is null then
      execute format('create table %I partition of reading for values from (%L) to (%L)', name,
        d::timestamp at time zone 'UTC', (d + 1)::timestamp at time zone 'UTC');
    end if;
  end loop;
  for d in select generate_series(date_trunc('month', first::timestamp), last, interval '1 month')::date loop
    name := 'reading_5m_' || to_char(d, 'YYYYMMDD');
    if to_regclass(name) is null then
      execute format('create table %I partition of reading_5m for values from (%L) to (%L)', name,
        d::timestamp at time zone 'UTC', (d + interval '1 month') at time zone 'UTC');
    end if;
  end loop;
end $function$

CREATE OR REPLACE FUNCTION public.seal_audit(after bigint, ids bigint[], seals bytea[], sealed timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
declare
  head bigint;
  touched bigint;
begin
  select n into head from audit_head for update;
  if head <> after then
    raise exception 'the chain ends at %, not at %', head, after using errcode = '40001';
  end if;
  update audit a set seal_n = after + x.ord, sealed_at = sealed, seal = x.seal
  from unnest(ids, seals) with ordinality as x(id, seal, ord)
  where a.id = x.id and a.seal_n is null;
  get diagnostics touched = row_count;
  if touched <> cardinality(ids) or touched <> cardinality(seals) then
    raise exception 'of % rows % could be sealed', cardinality(ids), touched;
  end if;
  update audit_head set n = after + touched, seal = seals[touched];
end $function$

CREATE OR REPLACE FUNCTION public.warning_stays()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.stage = 'published' and (old.ended_at is not null
      or (new.id, new.stage, new.msg_type, new.origin, new.division, new.path, new.draft, new.chain, new.follows, new.writers, new.approver,
          new.publisher, new.published_at, new.expires_at)
        is distinct from (old.id, old.stage, old.msg_type, old.origin, old.division, old.path, old.draft, old.chain, old.follows, old.writers,
          old.approver, old.publisher, old.published_at, old.expires_at)) then
    raise exception 'warning % was published and does not change', old.id;
  end if;
  return new;
end $function$

