{{/*
The table of services, the only one in the chart: port and protocol, calls, other dependencies,
rank (priorityClasses), and secrets besides the database URL and the service key. Deployments,
Services, NetworkPolicies and environments are generated from it, and charts/tests compares it with
ARCHITECTURE.md and the code. Every service declares the queues (rabbitmq) and connects to the cache
(redis); all but identity fetch identity's key set.
*/}}
{{- define "comitia.services" -}}
gateway:
  port: 8080
  speaks: http
  calls: [identity, spaces, proposals, budgets, voting, portal]
  needs: [rabbitmq, redis]
  rank: door
identity:
  port: 7001
  speaks: grpc
  calls: []
  needs: [postgresql, rabbitmq, redis, smtp, providers]
  rank: door
  secrets:
    dataKey: COMITIA__IDENTITY__DATA_KEY
    lookupKey: COMITIA__IDENTITY__LOOKUP_KEY
    operatorKey: COMITIA__IDENTITY__OPERATOR_KEY
    previousDataKeys: COMITIA__IDENTITY__PREVIOUS_DATA_KEYS
    previousOperatorKey: COMITIA__IDENTITY__PREVIOUS_OPERATOR_KEY
    smtpUrl: COMITIA__IDENTITY__MAIL__SMTP_URL
spaces:
  port: 7002
  speaks: grpc
  calls: [identity, proposals, budgets]
  needs: [postgresql, rabbitmq, redis, s3, clamd]
  rank: others
  secrets:
    filesAccessKeyId: COMITIA__SPACES__FILES__S3__ACCESS_KEY_ID
    filesSecretAccessKey: COMITIA__SPACES__FILES__S3__SECRET_ACCESS_KEY
proposals:
  port: 7003
  speaks: grpc
  calls: [identity, spaces]
  needs: [postgresql, rabbitmq, redis]
  rank: others
budgets:
  port: 7004
  speaks: grpc
  calls: [identity, spaces, proposals, voting]
  needs: [postgresql, rabbitmq, redis]
  rank: others
voting:
  port: 7005
  speaks: grpc
  calls: [identity]
  needs: [postgresql, rabbitmq, redis]
  rank: voting
  secrets:
    receiptKey: COMITIA__VOTING__RECEIPT_KEY
    logKey: COMITIA__VOTING__LOG_KEY
    previousLogKeys: COMITIA__VOTING__PREVIOUS_LOG_KEYS
portal:
  port: 7006
  speaks: grpc
  calls: [identity, spaces, proposals, budgets, voting]
  needs: [rabbitmq, redis]
  rank: others
  secrets:
    previousServiceKey: COMITIA__PORTAL__PREVIOUS_SERVICE_KEY
{{- end -}}

{{/* The secrets of each section, and the variables that the program reads them from. */}}
{{- define "comitia.secretVariables" -}}
common:
  busUrl: COMITIA__COMMON__BUS__URL
  cacheUrl: COMITIA__COMMON__CACHE__URL
{{- range $service, $about := include "comitia.services" . | fromYaml }}
{{ $service }}:
  {{- if has "postgresql" $about.needs }}
  databaseUrl: COMITIA__{{ upper $service }}__DATABASE__URL
  {{- end }}
  {{- if ne $service "identity" }}
  serviceKey: COMITIA__COMMON__SERVICE_KEYS__{{ upper $service }}
  {{- end }}
  {{- with $about.secrets }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The settings of a service: `defaults` with what `services` changes. Takes root and service. */}}
{{- define "comitia.settings" -}}
{{ mustMergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (index .root.Values.services .service)) | toYaml }}
{{- end -}}

{{/* The configuration file of a service: the common section and its own. Takes root, service and services. */}}
{{- define "comitia.configuration" -}}
{{- $root := .root -}}
{{- $name := include "comitia.fullname" $root -}}
{{- $scheme := ternary "https" "http" $root.Values.tls.enabled -}}
{{- $endpoints := dict -}}
{{- range $service, $about := .services -}}
{{- if eq $about.speaks "grpc" -}}
{{- $_ := set $endpoints $service (printf "%s://%s-%s-headless:%d" $scheme $name $service (int $about.port)) -}}
{{- end -}}
{{- end -}}
{{- $common := mustMergeOverwrite (deepCopy $root.Values.config.common) (dict
      "admin_listen" "0.0.0.0:7900" "endpoints" $endpoints) -}}
{{- if $root.Values.tls.enabled -}}
{{- $_ := set $common "tls" (dict
      "certificate_file" "/etc/comitia/tls/tls.crt"
      "key_file" "/etc/comitia/tls/tls.key"
      "ca_file" "/etc/comitia/tls/ca.crt") -}}
{{- end -}}
{{- $port := int (index .services .service).port -}}
{{- $own := mustMergeOverwrite (deepCopy (index $root.Values.config .service)) (dict
      "server" (dict "listen" (printf "0.0.0.0:%d" $port))) -}}
{{- if and (eq .service "identity") (not $own.mail.folder) -}}
{{- $_ := set $own "mail" (omit $own.mail "folder") -}}
{{- end -}}
{{ dict "common" $common .service $own | toYaml }}
{{- end -}}

{{/* The environment of a container that runs as a service: secrets, telemetry. Takes root, service and settings. */}}
{{- define "comitia.environment" -}}
{{- $root := .root -}}
{{- $variables := include "comitia.secretVariables" $root | fromYaml -}}
{{- range $section := list "common" .service -}}
{{- range $item, $variable := index $variables $section | default dict }}
{{- with index $root.Values.secrets $section $item }}
{{- if .secret }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if eq .service "identity" }}
{{- /* identity gets the other services' keys, and none of their other secrets. */}}
{{- range $service := omit .services "identity" | keys | sortAlpha }}
{{- range $item, $section := dict "serviceKey" "COMMON__SERVICE_KEYS" "previousServiceKey" "IDENTITY__PREVIOUS_SERVICE_KEYS" }}
{{- with index $root.Values.secrets $service $item }}
{{- if .secret }}
- name: COMITIA__{{ $section }}__{{ upper $service }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
- name: RUST_LOG
  value: {{ $root.Values.telemetry.logFilter | quote }}
{{- with $root.Values.telemetry.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: OTEL_RESOURCE_ATTRIBUTES
  value: service.namespace={{ $root.Release.Namespace }},service.instance.id=$(POD_NAME)
{{- end }}
{{- with .settings.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The volumes of a pod that runs as a service. Takes root, service and settings. */}}
{{- define "comitia.volumes" -}}
- name: configuration
  configMap:
    name: {{ include "comitia.fullname" .root }}-{{ .service }}
{{- if .root.Values.tls.enabled }}
- name: tls
  secret:
    secretName: {{ include "comitia.fullname" .root }}-{{ .service }}-tls
    defaultMode: 0440
{{- end }}
{{- if and (eq .service "identity") .root.Values.config.identity.mail.folder }}
- name: mail
  emptyDir:
    sizeLimit: 100Mi
{{- end }}
{{- with .settings.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Where they are mounted. Takes root, service and settings. */}}
{{- define "comitia.volumeMounts" -}}
- name: configuration
  mountPath: /etc/comitia/configuration
  readOnly: true
{{- if .root.Values.tls.enabled }}
- name: tls
  mountPath: /etc/comitia/tls
  readOnly: true
{{- end }}
{{- if and (eq .service "identity") .root.Values.config.identity.mail.folder }}
- name: mail
  mountPath: {{ .root.Values.config.identity.mail.folder }}
{{- end }}
{{- with .settings.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}
