CREATE TABLE "budget_accounts" (
	"workspace_id" uuid NOT NULL,
	"account" text NOT NULL,
	"tokens_used" bigint DEFAULT 0 NOT NULL,
	"money_used" numeric DEFAULT 0 NOT NULL,
	"tokens_granted" bigint DEFAULT 0 NOT NULL,
	"money_granted" numeric DEFAULT 0 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "budget_accounts_workspace_id_account_pk" PRIMARY KEY("workspace_id","account")
);
--> statement-breakpoint
CREATE TABLE "budget_reservations" (
	"reservation_id" uuid NOT NULL,
	"workspace_id" uuid NOT NULL,
	"account" text NOT NULL,
	"instance_uuid" uuid NOT NULL,
	"path" text NOT NULL,
	"ordinal" integer NOT NULL,
	"tokens" bigint NOT NULL,
	"money" numeric NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "budget_reservations_reservation_id_account_pk" PRIMARY KEY("reservation_id","account")
);
--> statement-breakpoint
CREATE TABLE "budgets" (
	"budget_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"workflow_id" uuid,
	"period" text NOT NULL,
	"tokens" bigint,
	"amount" numeric,
	"currency" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "versions" (
	"workflow_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"definition" jsonb NOT NULL,
	"sha256" text NOT NULL,
	"published_by" text NOT NULL,
	"published_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "versions_workflow_id_version_pk" PRIMARY KEY("workflow_id","version")
);
--> statement-breakpoint
CREATE TABLE "workflows" (
	"workflow_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"type" text NOT NULL,
	"name" text NOT NULL,
	"draft" jsonb NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"published_version" integer,
	"published_revision" integer,
	"action_name" text,
	"deleted_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "files" (
	"file_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"name" text NOT NULL,
	"media_type" text NOT NULL,
	"bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	"created_by" text,
	"instance_uuid" uuid,
	"label" text,
	"reading" jsonb,
	"library_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency" (
	"caller" text NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"workspace_id" uuid,
	"body_mark" text NOT NULL,
	"seed" uuid NOT NULL,
	"claimed_until" timestamp (3) with time zone NOT NULL,
	"status" integer,
	"answer" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_caller_route_key_pk" PRIMARY KEY("caller","route","key")
);
--> statement-breakpoint
CREATE TABLE "mails" (
	"mail_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"instance_uuid" uuid,
	"from" text NOT NULL,
	"to" text[] NOT NULL,
	"subject" text NOT NULL,
	"text" text NOT NULL,
	"attachments" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "notices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"user_id" text NOT NULL,
	"key" text NOT NULL,
	"kind" text NOT NULL,
	"text" text NOT NULL,
	"instance_uuid" uuid,
	"file_id" uuid,
	"href" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"read_at" timestamp (3) with time zone,
	CONSTRAINT "notices_cause" UNIQUE("user_id","key")
);
--> statement-breakpoint
CREATE TABLE "integrations" (
	"integration_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"base_url" text NOT NULL,
	"headers" jsonb NOT NULL,
	"query" jsonb NOT NULL,
	"operations" jsonb NOT NULL,
	"openapi" jsonb,
	"left_out" text[] NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "integrations_name" UNIQUE("app_id","name")
);
--> statement-breakpoint
CREATE TABLE "secrets" (
	"secret_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"name" text NOT NULL,
	"hosts" text[] NOT NULL,
	"sealed" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "secrets_name" UNIQUE("app_id","name")
);
--> statement-breakpoint
CREATE TABLE "knowledge_bases" (
	"knowledge_base_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "knowledge_bases_name" UNIQUE("app_id","name")
);
--> statement-breakpoint
CREATE TABLE "knowledge_documents" (
	"document_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"knowledge_base_id" uuid NOT NULL,
	"name" text NOT NULL,
	"file_id" uuid,
	"url" text,
	"wanted" integer DEFAULT 1 NOT NULL,
	"dispatched" boolean DEFAULT false NOT NULL,
	"compared_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"progress" integer DEFAULT 0 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"error" jsonb,
	"live" integer,
	"passages" integer DEFAULT 0 NOT NULL,
	"characters" integer DEFAULT 0 NOT NULL,
	"truncated" boolean DEFAULT false NOT NULL,
	"language" text,
	"embedding_model" text,
	"embedding_tokens" bigint DEFAULT 0 NOT NULL,
	"ingested_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "knowledge_documents_file" UNIQUE("knowledge_base_id","file_id"),
	CONSTRAINT "knowledge_documents_url" UNIQUE("knowledge_base_id","url")
);
--> statement-breakpoint
CREATE TABLE "knowledge_passages" (
	"document_id" uuid NOT NULL,
	"generation" integer NOT NULL,
	"number" integer NOT NULL,
	"knowledge_base_id" uuid NOT NULL,
	"heading" text,
	"page" integer,
	"offset" integer NOT NULL,
	"text" text NOT NULL,
	"search" "tsvector" NOT NULL,
	"embedding" real[],
	CONSTRAINT "knowledge_passages_document_id_generation_number_pk" PRIMARY KEY("document_id","generation","number")
);
--> statement-breakpoint
CREATE TABLE "knowledge_readings" (
	"document_id" uuid NOT NULL,
	"generation" integer NOT NULL,
	"passages" integer NOT NULL,
	"characters" integer NOT NULL,
	"truncated" boolean NOT NULL,
	"language" text NOT NULL,
	"embedding_model" text,
	CONSTRAINT "knowledge_readings_document_id_generation_pk" PRIMARY KEY("document_id","generation")
);
--> statement-breakpoint
CREATE TABLE "mcp_servers" (
	"mcp_server_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"name" text NOT NULL,
	"url" text,
	"operator_server" text,
	"headers" jsonb NOT NULL,
	"allowed_tools" text[] NOT NULL,
	"timeout" text NOT NULL,
	"seen" jsonb,
	"seen_at" timestamp (3) with time zone,
	"accepted" jsonb,
	"accepted_by" text,
	"accepted_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "mcp_servers_name" UNIQUE("app_id","name")
);
--> statement-breakpoint
CREATE TABLE "memories" (
	"workspace_id" uuid NOT NULL,
	"chat_session_id" uuid NOT NULL,
	"turns" integer NOT NULL,
	"summary" text,
	"through" integer DEFAULT 0 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memories_workspace_id_chat_session_id_pk" PRIMARY KEY("workspace_id","chat_session_id")
);
--> statement-breakpoint
CREATE TABLE "memory_turns" (
	"workspace_id" uuid NOT NULL,
	"chat_session_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"instance_uuid" uuid NOT NULL,
	"user_text" text NOT NULL,
	"agent_text" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memory_turns_workspace_id_chat_session_id_number_pk" PRIMARY KEY("workspace_id","chat_session_id","number"),
	CONSTRAINT "memory_turns_instance" UNIQUE("instance_uuid")
);
--> statement-breakpoint
CREATE TABLE "turn_memories" (
	"instance_uuid" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"chat_session_id" uuid NOT NULL,
	"summary" text,
	"after" integer NOT NULL,
	"through" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "instances" (
	"instance_uuid" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"workflow_name" text NOT NULL,
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"view" jsonb NOT NULL,
	"start_order" jsonb NOT NULL,
	"started_by_id" text,
	"started_by" jsonb,
	"parent_instance_uuid" uuid,
	"parent_path" text,
	"rewound_from" uuid,
	"retries" integer DEFAULT 0 NOT NULL,
	"chat_session_id" uuid,
	"temporal_workflow_id" text NOT NULL,
	"temporal_run_id" text,
	"dispatched" boolean NOT NULL,
	"compared_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"next_seq" bigint DEFAULT 1 NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "journal" (
	"stream_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"workspace_id" uuid NOT NULL,
	"instance_uuid" uuid NOT NULL,
	"key" text NOT NULL,
	"event" text NOT NULL,
	"data" jsonb NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "journal_stream_id_seq_pk" PRIMARY KEY("stream_id","seq"),
	CONSTRAINT "journal_cause" UNIQUE("stream_id","key")
);
--> statement-breakpoint
CREATE TABLE "requests" (
	"request_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"instance_uuid" uuid NOT NULL,
	"kind" text NOT NULL,
	"request" jsonb NOT NULL,
	"approver_users" text[],
	"approver_role" text,
	"approver_team" text,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"told_at" timestamp (3) with time zone,
	"closed_at" timestamp (3) with time zone,
	"outcome" text,
	"closed_by" jsonb
);
--> statement-breakpoint
CREATE TABLE "schedule_firings" (
	"instance_uuid" uuid PRIMARY KEY NOT NULL,
	"schedule_id" uuid NOT NULL,
	"workspace_id" uuid NOT NULL,
	"problem" text,
	"fired_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"schedule_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"name" text NOT NULL,
	"owner" jsonb NOT NULL,
	"times" jsonb NOT NULL,
	"time_zone" text NOT NULL,
	"overlap" text NOT NULL,
	"paused" boolean NOT NULL,
	"input" jsonb NOT NULL,
	"synced" boolean DEFAULT false NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "secure_values" (
	"handle" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"hosts" text[] NOT NULL,
	"sealed" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"chat_session_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"workflow_name" text NOT NULL,
	"status" text NOT NULL,
	"view" jsonb NOT NULL,
	"is_test" boolean DEFAULT false NOT NULL,
	"channel" text,
	"started_by_id" text,
	"started_by" jsonb,
	"temporal_workflow_id" text NOT NULL,
	"temporal_run_id" text NOT NULL,
	"next_seq" bigint DEFAULT 1 NOT NULL,
	"compared_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "calls" (
	"instance_uuid" uuid NOT NULL,
	"path" text NOT NULL,
	"ordinal" integer NOT NULL,
	"workspace_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"request" jsonb NOT NULL,
	"response" jsonb NOT NULL,
	"model" text,
	"tokens_in" integer,
	"tokens_out" integer,
	"cost" numeric,
	"currency" text,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "calls_instance_uuid_path_ordinal_pk" PRIMARY KEY("instance_uuid","path","ordinal")
);
--> statement-breakpoint
CREATE TABLE "effects" (
	"key" text PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"instance_uuid" uuid NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"detail" jsonb,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outcomes" (
	"instance_uuid" uuid NOT NULL,
	"path" text NOT NULL,
	"ordinal" integer NOT NULL,
	"workspace_id" uuid NOT NULL,
	"outcome" jsonb,
	CONSTRAINT "outcomes_instance_uuid_path_ordinal_pk" PRIMARY KEY("instance_uuid","path","ordinal")
);
--> statement-breakpoint
CREATE TABLE "steps" (
	"instance_uuid" uuid NOT NULL,
	"path" text NOT NULL,
	"workspace_id" uuid NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"input" jsonb,
	"output" jsonb,
	"logs" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"error" jsonb,
	CONSTRAINT "steps_instance_uuid_path_pk" PRIMARY KEY("instance_uuid","path")
);
--> statement-breakpoint
CREATE TABLE "team_members" (
	"team_id" uuid NOT NULL,
	"workspace_id" uuid NOT NULL,
	"user_id" text NOT NULL,
	CONSTRAINT "team_members_team_id_user_id_pk" PRIMARY KEY("team_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "teams" (
	"team_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "teams_name" UNIQUE("workspace_id","app_id","name")
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"api_key_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"sha256" text NOT NULL,
	"roles" text[] NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "api_keys_sha256_unique" UNIQUE("sha256")
);
--> statement-breakpoint
CREATE TABLE "apps" (
	"app_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "members" (
	"workspace_id" uuid NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"email" text,
	"roles" text[] NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "members_workspace_id_user_id_pk" PRIMARY KEY("workspace_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "workspaces" (
	"workspace_id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"brand" jsonb NOT NULL,
	"settings" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ui_flows" (
	"ui_flow_id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"name" text NOT NULL,
	"flow" jsonb NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "budgets" ADD CONSTRAINT "budgets_workspace_id_workspaces_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "budgets" ADD CONSTRAINT "budgets_workflow_id_workflows_workflow_id_fk" FOREIGN KEY ("workflow_id") REFERENCES "public"."workflows"("workflow_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "versions" ADD CONSTRAINT "versions_workflow_id_workflows_workflow_id_fk" FOREIGN KEY ("workflow_id") REFERENCES "public"."workflows"("workflow_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workflows" ADD CONSTRAINT "workflows_workspace_id_workspaces_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workflows" ADD CONSTRAINT "workflows_app_id_apps_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "integrations" ADD CONSTRAINT "integrations_workspace_id_workspaces_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "integrations" ADD CONSTRAINT "integrations_app_id_apps_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "secrets" ADD CONSTRAINT "secrets_workspace_id_workspaces_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "secrets" ADD CONSTRAINT "secrets_app_id_apps_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_bases" ADD CONSTRAINT "knowledge_bases_workspace_id_workspaces_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_bases" ADD CONSTRAINT "knowledge_bases_app_id_apps_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_documents" ADD CONSTRAINT "knowledge_documents_knowledge_base_id_knowledge_bases_knowledge_base_id_fk" FOREIGN KEY ("knowledge_base_id") REFERENCES "public"."knowledge_bases"("knowledge_base_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_passages" ADD CONSTRAINT "knowledge_passages_reading" FOREIGN KEY ("document_id","generation") REFERENCES "public"."knowledge_readings"("document_id","generation") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_readings" ADD CONSTRAINT "knowledge_readings_document_id_knowledge_documents_document_id_fk" FOREIGN KEY ("document_id") REFERENCES "public"."knowledge_documents"("document_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mcp_servers" ADD CONSTRAINT "mcp_servers_workspace_id_workspaces_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mcp_servers" ADD CONSTRAINT "mcp_servers_app_id_apps_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_instance_uuid_instances_instance_uuid_fk" FOREIGN KEY ("instance_uuid") REFERENCES "public"."instances"("instance_uuid") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedule_firings" ADD CONSTRAINT "schedule_firings_schedule_id_schedules_schedule_id_fk" FOREIGN KEY ("schedule_id") REFERENCES "public"."schedules"("schedule_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_workflow_id_workflows_workflow_id_fk" FOREIGN KEY ("workflow_id") REFERENCES "public"."workflows"("workflow_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "calls" ADD CONSTRAINT "calls_instance_uuid_instances_instance_uuid_fk" FOREIGN KEY ("instance_uuid") REFERENCES "public"."instances"("instance_uuid") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outcomes" ADD CONSTRAINT "outcomes_instance_uuid_instances_instance_uuid_fk" FOREIGN KEY ("instance_uuid") REFERENCES "public"."instances"("instance_uuid") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "steps" ADD CONSTRAINT "steps_instance_uuid_instances_instance_uuid_fk" FOREIGN KEY ("instance_uuid") REFERENCES "public"."instances"("instance_uuid") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team_members" ADD CONSTRAINT "team_members_team_id_teams_team_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("team_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team_members" ADD CONSTRAINT "team_members_member" FOREIGN KEY ("workspace_id","user_id") REFERENCES "public"."members"("workspace_id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_workspace_id_workspaces_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "apps" ADD CONSTRAINT "apps_workspace_id_workspaces_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_workspace_id_workspaces_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ui_flows" ADD CONSTRAINT "ui_flows_workspace_id_workspaces_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ui_flows" ADD CONSTRAINT "ui_flows_app_id_apps_app_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "budget_reservations_held" ON "budget_reservations" USING btree ("workspace_id","account");--> statement-breakpoint
CREATE INDEX "budget_reservations_expired" ON "budget_reservations" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "budgets_one_each" ON "budgets" USING btree ("workspace_id",coalesce(workflow_id, '00000000-0000-0000-0000-000000000000'),"period");--> statement-breakpoint
CREATE INDEX "workflows_app" ON "workflows" USING btree ("workspace_id","app_id");--> statement-breakpoint
CREATE UNIQUE INDEX "workflows_action" ON "workflows" USING btree ("app_id","action_name") WHERE action_name is not null and deleted_at is null;--> statement-breakpoint
CREATE INDEX "files_library" ON "files" USING btree ("workspace_id","app_id","library_at" DESC NULLS LAST) WHERE library_at is not null;--> statement-breakpoint
CREATE INDEX "idempotency_age" ON "idempotency" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "mails_workspace" ON "mails" USING btree ("workspace_id","app_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "notices_inbox" ON "notices" USING btree ("workspace_id","app_id","user_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "knowledge_documents_name" ON "knowledge_documents" USING btree ("knowledge_base_id","name","document_id");--> statement-breakpoint
CREATE INDEX "knowledge_documents_undispatched" ON "knowledge_documents" USING btree ("updated_at") WHERE not dispatched;--> statement-breakpoint
CREATE INDEX "knowledge_documents_open" ON "knowledge_documents" USING btree ("compared_at") WHERE state not in ('ready', 'failed');--> statement-breakpoint
CREATE INDEX "knowledge_passages_search" ON "knowledge_passages" USING gin ("search");--> statement-breakpoint
CREATE INDEX "knowledge_passages_base" ON "knowledge_passages" USING btree ("knowledge_base_id");--> statement-breakpoint
CREATE INDEX "instances_history" ON "instances" USING btree ("workspace_id","app_id","kind","started_at" DESC NULLS LAST,"instance_uuid");--> statement-breakpoint
CREATE INDEX "instances_mine" ON "instances" USING btree ("workspace_id","started_by_id","started_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "instances_parent" ON "instances" USING btree ("parent_instance_uuid") WHERE parent_instance_uuid is not null;--> statement-breakpoint
CREATE INDEX "instances_of_session" ON "instances" USING btree ("chat_session_id","started_at" DESC NULLS LAST) WHERE chat_session_id is not null;--> statement-breakpoint
CREATE INDEX "instances_of_workflow" ON "instances" USING btree ("workflow_id","status");--> statement-breakpoint
CREATE INDEX "instances_undispatched" ON "instances" USING btree ("started_at") WHERE not dispatched;--> statement-breakpoint
CREATE INDEX "instances_open" ON "instances" USING btree ("compared_at") WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX "journal_instance" ON "journal" USING btree ("instance_uuid","seq");--> statement-breakpoint
CREATE INDEX "journal_steps_over" ON "journal" USING btree ("at") WHERE event in ('stepFinished', 'stepFailed');--> statement-breakpoint
CREATE INDEX "requests_instance" ON "requests" USING btree ("instance_uuid");--> statement-breakpoint
CREATE INDEX "requests_open" ON "requests" USING btree ("workspace_id","app_id","kind","opened_at") WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX "firings_of_schedule" ON "schedule_firings" USING btree ("schedule_id","fired_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "schedules_of_workflow" ON "schedules" USING btree ("workflow_id","name");--> statement-breakpoint
CREATE INDEX "schedules_unsynced" ON "schedules" USING btree ("updated_at") WHERE not synced;--> statement-breakpoint
CREATE INDEX "secure_values_owner" ON "secure_values" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "sessions_mine" ON "sessions" USING btree ("workspace_id","app_id","started_by_id","last_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "sessions_of_workflow" ON "sessions" USING btree ("workflow_id","status");--> statement-breakpoint
CREATE INDEX "sessions_queued" ON "sessions" USING btree ("workspace_id","app_id") WHERE view -> 'queued' <> '[]'::jsonb;--> statement-breakpoint
CREATE INDEX "sessions_open" ON "sessions" USING btree ("compared_at") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "calls_recent" ON "calls" USING btree ("finished_at");--> statement-breakpoint
CREATE INDEX "effects_unknown" ON "effects" USING btree ("at") WHERE state <> 'done';--> statement-breakpoint
CREATE INDEX "team_members_of_person" ON "team_members" USING btree ("workspace_id","user_id");--> statement-breakpoint
CREATE INDEX "api_keys_workspace" ON "api_keys" USING btree ("workspace_id");--> statement-breakpoint
CREATE INDEX "apps_workspace" ON "apps" USING btree ("workspace_id");--> statement-breakpoint
CREATE INDEX "ui_flows_app" ON "ui_flows" USING btree ("workspace_id","app_id","name");