{{/*
Refuses values that contradict each other, all at once, in sentences. What one value may be, the schema says.
`helm lint` makes a note of `fail` and goes on, so that it would pass them; there the missing template is an error, whose
name is the sentences.
*/}}
{{- define "comitia.validate" -}}
{{- $values := .Values -}}
{{- $wrong := list -}}
{{- if not $values.image.repository -}}
{{- $wrong = append $wrong "image.repository: say where the image is, such as registry.example.org/comitia" -}}
{{- end -}}
{{- if regexMatch "(:[^/]*|@.*)$" $values.image.repository -}}
{{- $wrong = append $wrong (printf "image.repository: %s has a tag or a digest; those go into image.tag and image.digest" $values.image.repository) -}}
{{- end -}}
{{- $mail := $values.config.identity.mail -}}
{{- if not $mail.from -}}
{{- $wrong = append $wrong "config.identity.mail.from: say who sends e-mails, such as `City of Example <vote@example.org>`" -}}
{{- end -}}
{{- if and $mail.folder $values.secrets.identity.smtpUrl.secret -}}
{{- $wrong = append $wrong "config.identity.mail.folder: e-mails go into a folder or to a server; with a folder set secrets.identity.smtpUrl.secret to \"\"" -}}
{{- end -}}
{{- $files := $values.config.spaces.files | default dict -}}
{{- $keys := and $values.secrets.spaces.filesAccessKeyId.secret $values.secrets.spaces.filesSecretAccessKey.secret -}}
{{- if and $files.s3 (not $keys) -}}
{{- $wrong = append $wrong "secrets.spaces.filesAccessKeyId, secrets.spaces.filesSecretAccessKey: name the Secret with the keys of the bucket in config.spaces.files.s3" -}}
{{- end -}}
{{- if and $keys (not $files.s3) -}}
{{- $wrong = append $wrong "config.spaces.files.s3: say which bucket the keys of secrets.spaces.filesAccessKeyId are for" -}}
{{- end -}}
{{- $optional := list "operatorKey" "previousDataKeys" "previousLogKeys" "previousOperatorKey" "previousServiceKey" "filesAccessKeyId" "filesSecretAccessKey" (ternary "smtpUrl" "" (ne $mail.folder "")) -}}
{{- range $section, $items := $values.secrets -}}
{{- range $item, $reference := $items -}}
{{- if and (not $reference.secret) (not (has $item $optional)) -}}
{{- $wrong = append $wrong (printf "secrets.%s.%s.secret: name the Secret that holds it; it is not optional" $section $item) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $service := keys $values.services | sortAlpha -}}
{{- $settings := include "comitia.settings" (dict "root" $ "service" $service) | fromYaml -}}
{{- if gt (int $settings.autoscaling.minReplicas) (int $settings.autoscaling.maxReplicas) -}}
{{- $wrong = append $wrong (printf "services.%s.autoscaling: minReplicas (%d) is more than maxReplicas (%d)" $service (int $settings.autoscaling.minReplicas) (int $settings.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- $fewest := ternary $settings.autoscaling.minReplicas $settings.replicas $settings.autoscaling.enabled | int -}}
{{- if gt (int $settings.maxUnavailable) $fewest -}}
{{- $wrong = append $wrong (printf "services.%s.maxUnavailable: %d is more than its pods (%d)" $service (int $settings.maxUnavailable) $fewest) -}}
{{- end -}}
{{- end -}}
{{- $first := ternary $values.config.gateway.first_answers_ms 60000 (hasKey $values.config.gateway "first_answers_ms") | int -}}
{{- $startup := (include "comitia.settings" (dict "root" $ "service" "gateway") | fromYaml).startupSeconds | int -}}
{{- if ge $first (mul 1000 $startup | int) -}}
{{- $wrong = append $wrong (printf "config.gateway.first_answers_ms: a gateway that waits %d ms for a service is started again after %d s (startupSeconds)" $first $startup) -}}
{{- end -}}
{{- if and $values.externalSecrets.enabled (not $values.externalSecrets.store.name) -}}
{{- $wrong = append $wrong "externalSecrets.store.name: name the SecretStore or ClusterSecretStore" -}}
{{- end -}}
{{- if and $values.externalSecrets.enabled $values.migrations.enabled $values.migrations.hook -}}
{{- $ofServices := list -}}
{{- range $section, $items := $values.secrets -}}{{- range $items -}}{{- $ofServices = append $ofServices .secret -}}{{- end -}}{{- end -}}
{{- range $values.migrations.databases -}}
{{- range list .adminDatabaseUrl.secret .rolePassword.secret -}}
{{- if and . (has . $ofServices) -}}
{{- $wrong = append $wrong (printf "migrations.databases: the hook makes the ExternalSecret %s anew each time, so services cannot share it: give migrations a Secret of their own" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $values.tls.enabled $values.tls.certManager.enabled (not $values.tls.certManager.createIssuer) (not $values.tls.certManager.issuer.name) -}}
{{- $wrong = append $wrong "tls.certManager.issuer.name: name the issuer, or let the chart make one with createIssuer" -}}
{{- end -}}
{{- if and $values.ingress.enabled (not $values.ingress.hosts) -}}
{{- $wrong = append $wrong "ingress.hosts: give at least one host name; organizations are found by them" -}}
{{- end -}}
{{- if and $values.ingress.enabled $values.ingress.tls (not $values.config.portal.secure_cookies) -}}
{{- $wrong = append $wrong "config.portal.secure_cookies: with ingress.tls people come by HTTPS, and sessions must not travel without; leave it true" -}}
{{- end -}}
{{- if or $values.ingress.enabled $values.gatewayApi.httpRoute.enabled -}}
{{- if not $values.config.gateway.trusted_proxies -}}
{{- $wrong = append $wrong "config.gateway.trusted_proxies: with an Ingress or an HTTPRoute give the networks of the proxy's pods; otherwise all voters behind it share the limits of one address" -}}
{{- end -}}
{{- if not (or $values.tls.enabled $values.tls.acceptClearText) -}}
{{- $wrong = append $wrong "tls.enabled: with an Ingress or an HTTPRoute services do not speak in clear text; where the network encrypts what they say, set tls.acceptClearText" -}}
{{- end -}}
{{- end -}}
{{- if and $values.gatewayApi.httpRoute.enabled (not $values.gatewayApi.httpRoute.parentRefs) -}}
{{- $wrong = append $wrong "gatewayApi.httpRoute.parentRefs: name the Gateway that the route is attached to" -}}
{{- end -}}
{{- with $values.gatewayApi.grpcRoute -}}
{{- if and .enabled (not .parentRefs) -}}
{{- $wrong = append $wrong "gatewayApi.grpcRoute.parentRefs: name the Gateway that the route is attached to" -}}
{{- end -}}
{{- if and .enabled (not .services) -}}
{{- $wrong = append $wrong "gatewayApi.grpcRoute.services: name the services that it leads to" -}}
{{- end -}}
{{- end -}}
{{- if and $values.migrations.enabled (not $values.migrations.databases) -}}
{{- $wrong = append $wrong "migrations.databases: give at least one, or turn migrations off" -}}
{{- end -}}
{{- if $wrong -}}
{{- fail (printf "\n\nThese values cannot be used:\n  - %s\n" (join "\n  - " $wrong)) -}}
{{- include (printf "These values cannot be used: %s" (join "; " $wrong)) . -}}
{{- end -}}
{{- end -}}
