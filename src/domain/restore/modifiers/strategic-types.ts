/**
 * Fields of the built-in kinds, rendered by test/support/strategic-types.ts from what the API server
 * publishes; strategic-schema.ts says how to read it. test/integration/strategic-patch.test.ts
 * compares it with a real API server.
 */
export const strategicTypes = `
=apps/v1/ControllerRevision apps.v1.ControllerRevision
=apps/v1/DaemonSet apps.v1.DaemonSet
=apps/v1/Deployment apps.v1.Deployment
=apps/v1/ReplicaSet apps.v1.ReplicaSet
=apps/v1/StatefulSet apps.v1.StatefulSet
=autoscaling/v1/HorizontalPodAutoscaler autoscaling.v1.HorizontalPodAutoscaler
=autoscaling/v2/HorizontalPodAutoscaler autoscaling.v2.HorizontalPodAutoscaler
=batch/v1/CronJob batch.v1.CronJob
=batch/v1/Job batch.v1.Job
=discovery.k8s.io/v1/EndpointSlice discovery.v1.EndpointSlice
=networking.k8s.io/v1/IPAddress networking.v1.IPAddress
=networking.k8s.io/v1/Ingress networking.v1.Ingress
=networking.k8s.io/v1/IngressClass networking.v1.IngressClass
=networking.k8s.io/v1/NetworkPolicy networking.v1.NetworkPolicy
=networking.k8s.io/v1/ServiceCIDR networking.v1.ServiceCIDR
=policy/v1/PodDisruptionBudget policy.v1.PodDisruptionBudget
=rbac.authorization.k8s.io/v1/ClusterRole rbac.v1.ClusterRole
=rbac.authorization.k8s.io/v1/ClusterRoleBinding rbac.v1.ClusterRoleBinding
=rbac.authorization.k8s.io/v1/Role rbac.v1.Role
=rbac.authorization.k8s.io/v1/RoleBinding rbac.v1.RoleBinding
=scheduling.k8s.io/v1/PriorityClass scheduling.v1.PriorityClass
=storage.k8s.io/v1/CSIDriver storage.v1.CSIDriver
=storage.k8s.io/v1/CSINode storage.v1.CSINode
=storage.k8s.io/v1/CSIStorageCapacity storage.v1.CSIStorageCapacity
=storage.k8s.io/v1/StorageClass storage.v1.StorageClass
=storage.k8s.io/v1/VolumeAttachment storage.v1.VolumeAttachment
=storage.k8s.io/v1/VolumeAttributesClass storage.v1.VolumeAttributesClass
=v1/ConfigMap core.v1.ConfigMap
=v1/Endpoints core.v1.Endpoints
=v1/Event core.v1.Event
=v1/LimitRange core.v1.LimitRange
=v1/Namespace core.v1.Namespace
=v1/Node core.v1.Node
=v1/PersistentVolume core.v1.PersistentVolume
=v1/PersistentVolumeClaim core.v1.PersistentVolumeClaim
=v1/Pod core.v1.Pod
=v1/PodTemplate core.v1.PodTemplate
=v1/ReplicationController core.v1.ReplicationController
=v1/ResourceQuota core.v1.ResourceQuota
=v1/Secret core.v1.Secret
=v1/Service core.v1.Service
=v1/ServiceAccount core.v1.ServiceAccount
apps.v1.ControllerRevision apiVersion data kind metadata:meta.v1.ObjectMeta revision
apps.v1.DaemonSet apiVersion kind metadata:meta.v1.ObjectMeta spec:apps.v1.DaemonSetSpec status
apps.v1.DaemonSetSpec minReadySeconds revisionHistoryLimit selector:meta.v1.LabelSelector template:core.v1.PodTemplateSpec updateStrategy:apps.v1.DaemonSetUpdateStrategy
apps.v1.DaemonSetUpdateStrategy rollingUpdate:apps.v1.RollingUpdateDaemonSet type
apps.v1.Deployment apiVersion kind metadata:meta.v1.ObjectMeta spec:apps.v1.DeploymentSpec status
apps.v1.DeploymentSpec minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit selector:meta.v1.LabelSelector strategy!:apps.v1.DeploymentStrategy template:core.v1.PodTemplateSpec
apps.v1.DeploymentStrategy rollingUpdate:apps.v1.RollingUpdateDeployment type
apps.v1.ReplicaSet apiVersion kind metadata:meta.v1.ObjectMeta spec:apps.v1.ReplicaSetSpec status
apps.v1.ReplicaSetSpec minReadySeconds replicas selector:meta.v1.LabelSelector template:core.v1.PodTemplateSpec
apps.v1.RollingUpdateDaemonSet maxSurge maxUnavailable
apps.v1.RollingUpdateDeployment maxSurge maxUnavailable
apps.v1.RollingUpdateStatefulSetStrategy maxUnavailable partition
apps.v1.StatefulSet apiVersion kind metadata:meta.v1.ObjectMeta spec:apps.v1.StatefulSetSpec status
apps.v1.StatefulSetOrdinals start
apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted whenScaled
apps.v1.StatefulSetSpec minReadySeconds ordinals:apps.v1.StatefulSetOrdinals persistentVolumeClaimRetentionPolicy:apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy podManagementPolicy replicas revisionHistoryLimit selector:meta.v1.LabelSelector serviceName template:core.v1.PodTemplateSpec updateStrategy:apps.v1.StatefulSetUpdateStrategy volumeClaimTemplates[]:core.v1.PersistentVolumeClaim
apps.v1.StatefulSetUpdateStrategy rollingUpdate:apps.v1.RollingUpdateStatefulSetStrategy type
autoscaling.v1.CrossVersionObjectReference apiVersion kind name
autoscaling.v1.HorizontalPodAutoscaler apiVersion kind metadata:meta.v1.ObjectMeta spec:autoscaling.v1.HorizontalPodAutoscalerSpec status
autoscaling.v1.HorizontalPodAutoscalerSpec maxReplicas minReplicas scaleTargetRef:autoscaling.v1.CrossVersionObjectReference targetCPUUtilizationPercentage
autoscaling.v2.ContainerResourceMetricSource container name target:autoscaling.v2.MetricTarget
autoscaling.v2.CrossVersionObjectReference apiVersion kind name
autoscaling.v2.ExternalMetricSource metric:autoscaling.v2.MetricIdentifier target:autoscaling.v2.MetricTarget
autoscaling.v2.HPAScalingPolicy periodSeconds type value
autoscaling.v2.HPAScalingRules policies[]:autoscaling.v2.HPAScalingPolicy selectPolicy stabilizationWindowSeconds tolerance
autoscaling.v2.HorizontalPodAutoscaler apiVersion kind metadata:meta.v1.ObjectMeta spec:autoscaling.v2.HorizontalPodAutoscalerSpec status
autoscaling.v2.HorizontalPodAutoscalerBehavior scaleDown:autoscaling.v2.HPAScalingRules scaleUp:autoscaling.v2.HPAScalingRules
autoscaling.v2.HorizontalPodAutoscalerSpec behavior:autoscaling.v2.HorizontalPodAutoscalerBehavior maxReplicas metrics[]:autoscaling.v2.MetricSpec minReplicas scaleTargetRef:autoscaling.v2.CrossVersionObjectReference
autoscaling.v2.MetricIdentifier name selector:meta.v1.LabelSelector
autoscaling.v2.MetricSpec containerResource:autoscaling.v2.ContainerResourceMetricSource external:autoscaling.v2.ExternalMetricSource object:autoscaling.v2.ObjectMetricSource pods:autoscaling.v2.PodsMetricSource resource:autoscaling.v2.ResourceMetricSource type
autoscaling.v2.MetricTarget averageUtilization averageValue type value
autoscaling.v2.ObjectMetricSource describedObject:autoscaling.v2.CrossVersionObjectReference metric:autoscaling.v2.MetricIdentifier target:autoscaling.v2.MetricTarget
autoscaling.v2.PodsMetricSource metric:autoscaling.v2.MetricIdentifier target:autoscaling.v2.MetricTarget
autoscaling.v2.ResourceMetricSource name target:autoscaling.v2.MetricTarget
batch.v1.CronJob apiVersion kind metadata:meta.v1.ObjectMeta spec:batch.v1.CronJobSpec status
batch.v1.CronJobSpec concurrencyPolicy failedJobsHistoryLimit jobTemplate:batch.v1.JobTemplateSpec schedule startingDeadlineSeconds successfulJobsHistoryLimit suspend timeZone
batch.v1.Job apiVersion kind metadata:meta.v1.ObjectMeta spec:batch.v1.JobSpec status
batch.v1.JobSpec activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions managedBy manualSelector maxFailedIndexes parallelism podFailurePolicy:batch.v1.PodFailurePolicy podReplacementPolicy selector:meta.v1.LabelSelector successPolicy:batch.v1.SuccessPolicy suspend template:core.v1.PodTemplateSpec ttlSecondsAfterFinished
batch.v1.JobTemplateSpec metadata:meta.v1.ObjectMeta spec:batch.v1.JobSpec
batch.v1.PodFailurePolicy rules[]:batch.v1.PodFailurePolicyRule
batch.v1.PodFailurePolicyOnExitCodesRequirement containerName operator values[]
batch.v1.PodFailurePolicyOnPodConditionsPattern status type
batch.v1.PodFailurePolicyRule action onExitCodes:batch.v1.PodFailurePolicyOnExitCodesRequirement onPodConditions[]:batch.v1.PodFailurePolicyOnPodConditionsPattern
batch.v1.SuccessPolicy rules[]:batch.v1.SuccessPolicyRule
batch.v1.SuccessPolicyRule succeededCount succeededIndexes
core.v1.AWSElasticBlockStoreVolumeSource fsType partition readOnly volumeID
core.v1.Affinity nodeAffinity:core.v1.NodeAffinity podAffinity:core.v1.PodAffinity podAntiAffinity:core.v1.PodAntiAffinity
core.v1.AppArmorProfile localhostProfile type
core.v1.AzureDiskVolumeSource cachingMode diskName diskURI fsType kind readOnly
core.v1.AzureFilePersistentVolumeSource readOnly secretName secretNamespace shareName
core.v1.AzureFileVolumeSource readOnly secretName shareName
core.v1.CSIPersistentVolumeSource controllerExpandSecretRef:core.v1.SecretReference controllerPublishSecretRef:core.v1.SecretReference driver fsType nodeExpandSecretRef:core.v1.SecretReference nodePublishSecretRef:core.v1.SecretReference nodeStageSecretRef:core.v1.SecretReference readOnly volumeAttributes volumeHandle
core.v1.CSIVolumeSource driver fsType nodePublishSecretRef:core.v1.LocalObjectReference readOnly volumeAttributes
core.v1.Capabilities add[] drop[]
core.v1.CephFSPersistentVolumeSource monitors[] path readOnly secretFile secretRef:core.v1.SecretReference user
core.v1.CephFSVolumeSource monitors[] path readOnly secretFile secretRef:core.v1.LocalObjectReference user
core.v1.CinderPersistentVolumeSource fsType readOnly secretRef:core.v1.SecretReference volumeID
core.v1.CinderVolumeSource fsType readOnly secretRef:core.v1.LocalObjectReference volumeID
core.v1.ClientIPConfig timeoutSeconds
core.v1.ClusterTrustBundleProjection labelSelector:meta.v1.LabelSelector name optional path signerName
core.v1.ConfigMap apiVersion binaryData data immutable kind metadata:meta.v1.ObjectMeta
core.v1.ConfigMapEnvSource name optional
core.v1.ConfigMapKeySelector key name optional
core.v1.ConfigMapNodeConfigSource kubeletConfigKey name namespace resourceVersion uid
core.v1.ConfigMapProjection items[]:core.v1.KeyToPath name optional
core.v1.ConfigMapVolumeSource defaultMode items[]:core.v1.KeyToPath name optional
core.v1.Container args[] command[] env[name]:core.v1.EnvVar envFrom[]:core.v1.EnvFromSource image imagePullPolicy lifecycle:core.v1.Lifecycle livenessProbe:core.v1.Probe name ports[containerPort]:core.v1.ContainerPort readinessProbe:core.v1.Probe resizePolicy[]:core.v1.ContainerResizePolicy resources:core.v1.ResourceRequirements restartPolicy restartPolicyRules[]:core.v1.ContainerRestartRule securityContext:core.v1.SecurityContext startupProbe:core.v1.Probe stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices[devicePath]:core.v1.VolumeDevice volumeMounts[mountPath]:core.v1.VolumeMount workingDir
core.v1.ContainerPort containerPort hostIP hostPort name protocol
core.v1.ContainerResizePolicy resourceName restartPolicy
core.v1.ContainerRestartRule action exitCodes:core.v1.ContainerRestartRuleOnExitCodes
core.v1.ContainerRestartRuleOnExitCodes operator values[]
core.v1.DownwardAPIProjection items[]:core.v1.DownwardAPIVolumeFile
core.v1.DownwardAPIVolumeFile fieldRef:core.v1.ObjectFieldSelector mode path resourceFieldRef:core.v1.ResourceFieldSelector
core.v1.DownwardAPIVolumeSource defaultMode items[]:core.v1.DownwardAPIVolumeFile
core.v1.EmptyDirVolumeSource medium sizeLimit
core.v1.EndpointAddress hostname ip nodeName targetRef:core.v1.ObjectReference
core.v1.EndpointPort appProtocol name port protocol
core.v1.EndpointSubset addresses[]:core.v1.EndpointAddress notReadyAddresses[]:core.v1.EndpointAddress ports[]:core.v1.EndpointPort
core.v1.Endpoints apiVersion kind metadata:meta.v1.ObjectMeta subsets[]:core.v1.EndpointSubset
core.v1.EnvFromSource configMapRef:core.v1.ConfigMapEnvSource prefix secretRef:core.v1.SecretEnvSource
core.v1.EnvVar name value valueFrom:core.v1.EnvVarSource
core.v1.EnvVarSource configMapKeyRef:core.v1.ConfigMapKeySelector fieldRef:core.v1.ObjectFieldSelector fileKeyRef:core.v1.FileKeySelector resourceFieldRef:core.v1.ResourceFieldSelector secretKeyRef:core.v1.SecretKeySelector
core.v1.EphemeralContainer args[] command[] env[name]:core.v1.EnvVar envFrom[]:core.v1.EnvFromSource image imagePullPolicy lifecycle:core.v1.Lifecycle livenessProbe:core.v1.Probe name ports[containerPort]:core.v1.ContainerPort readinessProbe:core.v1.Probe resizePolicy[]:core.v1.ContainerResizePolicy resources:core.v1.ResourceRequirements restartPolicy restartPolicyRules[]:core.v1.ContainerRestartRule securityContext:core.v1.SecurityContext startupProbe:core.v1.Probe stdin stdinOnce targetContainerName terminationMessagePath terminationMessagePolicy tty volumeDevices[devicePath]:core.v1.VolumeDevice volumeMounts[mountPath]:core.v1.VolumeMount workingDir
core.v1.EphemeralVolumeSource volumeClaimTemplate:core.v1.PersistentVolumeClaimTemplate
core.v1.Event action apiVersion count eventTime firstTimestamp involvedObject:core.v1.ObjectReference kind lastTimestamp message metadata:meta.v1.ObjectMeta reason related:core.v1.ObjectReference reportingComponent reportingInstance series:core.v1.EventSeries source:core.v1.EventSource type
core.v1.EventSeries count lastObservedTime
core.v1.EventSource component host
core.v1.ExecAction command[]
core.v1.FCVolumeSource fsType lun readOnly targetWWNs[] wwids[]
core.v1.FileKeySelector key optional path volumeName
core.v1.FlexPersistentVolumeSource driver fsType options readOnly secretRef:core.v1.SecretReference
core.v1.FlexVolumeSource driver fsType options readOnly secretRef:core.v1.LocalObjectReference
core.v1.FlockerVolumeSource datasetName datasetUUID
core.v1.GCEPersistentDiskVolumeSource fsType partition pdName readOnly
core.v1.GRPCAction port service
core.v1.GitRepoVolumeSource directory repository revision
core.v1.GlusterfsPersistentVolumeSource endpoints endpointsNamespace path readOnly
core.v1.GlusterfsVolumeSource endpoints path readOnly
core.v1.HTTPGetAction host httpHeaders[]:core.v1.HTTPHeader path port scheme
core.v1.HTTPHeader name value
core.v1.HostAlias hostnames[] ip
core.v1.HostPathVolumeSource path type
core.v1.ISCSIPersistentVolumeSource chapAuthDiscovery chapAuthSession fsType initiatorName iqn iscsiInterface lun portals[] readOnly secretRef:core.v1.SecretReference targetPortal
core.v1.ISCSIVolumeSource chapAuthDiscovery chapAuthSession fsType initiatorName iqn iscsiInterface lun portals[] readOnly secretRef:core.v1.LocalObjectReference targetPortal
core.v1.ImageVolumeSource pullPolicy reference
core.v1.KeyToPath key mode path
core.v1.Lifecycle postStart:core.v1.LifecycleHandler preStop:core.v1.LifecycleHandler stopSignal
core.v1.LifecycleHandler exec:core.v1.ExecAction httpGet:core.v1.HTTPGetAction sleep:core.v1.SleepAction tcpSocket:core.v1.TCPSocketAction
core.v1.LimitRange apiVersion kind metadata:meta.v1.ObjectMeta spec:core.v1.LimitRangeSpec
core.v1.LimitRangeItem default defaultRequest max maxLimitRequestRatio min type
core.v1.LimitRangeSpec limits[]:core.v1.LimitRangeItem
core.v1.LocalObjectReference name
core.v1.LocalVolumeSource fsType path
core.v1.NFSVolumeSource path readOnly server
core.v1.Namespace apiVersion kind metadata:meta.v1.ObjectMeta spec:core.v1.NamespaceSpec status
core.v1.NamespaceSpec finalizers[]
core.v1.Node apiVersion kind metadata:meta.v1.ObjectMeta spec:core.v1.NodeSpec status
core.v1.NodeAffinity preferredDuringSchedulingIgnoredDuringExecution[]:core.v1.PreferredSchedulingTerm requiredDuringSchedulingIgnoredDuringExecution:core.v1.NodeSelector
core.v1.NodeConfigSource configMap:core.v1.ConfigMapNodeConfigSource
core.v1.NodeSelector nodeSelectorTerms[]:core.v1.NodeSelectorTerm
core.v1.NodeSelectorRequirement key operator values[]
core.v1.NodeSelectorTerm matchExpressions[]:core.v1.NodeSelectorRequirement matchFields[]:core.v1.NodeSelectorRequirement
core.v1.NodeSpec configSource:core.v1.NodeConfigSource externalID podCIDR podCIDRs[+] providerID taints[]:core.v1.Taint unschedulable
core.v1.ObjectFieldSelector apiVersion fieldPath
core.v1.ObjectReference apiVersion fieldPath kind name namespace resourceVersion uid
core.v1.PersistentVolume apiVersion kind metadata:meta.v1.ObjectMeta spec:core.v1.PersistentVolumeSpec status
core.v1.PersistentVolumeClaim apiVersion kind metadata:meta.v1.ObjectMeta spec:core.v1.PersistentVolumeClaimSpec status
core.v1.PersistentVolumeClaimSpec accessModes[] dataSource:core.v1.TypedLocalObjectReference dataSourceRef:core.v1.TypedObjectReference resources:core.v1.VolumeResourceRequirements selector:meta.v1.LabelSelector storageClassName volumeAttributesClassName volumeMode volumeName
core.v1.PersistentVolumeClaimTemplate metadata:meta.v1.ObjectMeta spec:core.v1.PersistentVolumeClaimSpec
core.v1.PersistentVolumeClaimVolumeSource claimName readOnly
core.v1.PersistentVolumeSpec accessModes[] awsElasticBlockStore:core.v1.AWSElasticBlockStoreVolumeSource azureDisk:core.v1.AzureDiskVolumeSource azureFile:core.v1.AzureFilePersistentVolumeSource capacity cephfs:core.v1.CephFSPersistentVolumeSource cinder:core.v1.CinderPersistentVolumeSource claimRef:core.v1.ObjectReference csi:core.v1.CSIPersistentVolumeSource fc:core.v1.FCVolumeSource flexVolume:core.v1.FlexPersistentVolumeSource flocker:core.v1.FlockerVolumeSource gcePersistentDisk:core.v1.GCEPersistentDiskVolumeSource glusterfs:core.v1.GlusterfsPersistentVolumeSource hostPath:core.v1.HostPathVolumeSource iscsi:core.v1.ISCSIPersistentVolumeSource local:core.v1.LocalVolumeSource mountOptions[] nfs:core.v1.NFSVolumeSource nodeAffinity:core.v1.VolumeNodeAffinity persistentVolumeReclaimPolicy photonPersistentDisk:core.v1.PhotonPersistentDiskVolumeSource portworxVolume:core.v1.PortworxVolumeSource quobyte:core.v1.QuobyteVolumeSource rbd:core.v1.RBDPersistentVolumeSource scaleIO:core.v1.ScaleIOPersistentVolumeSource storageClassName storageos:core.v1.StorageOSPersistentVolumeSource volumeAttributesClassName volumeMode vsphereVolume:core.v1.VsphereVirtualDiskVolumeSource
core.v1.PhotonPersistentDiskVolumeSource fsType pdID
core.v1.Pod apiVersion kind metadata:meta.v1.ObjectMeta spec:core.v1.PodSpec status
core.v1.PodAffinity preferredDuringSchedulingIgnoredDuringExecution[]:core.v1.WeightedPodAffinityTerm requiredDuringSchedulingIgnoredDuringExecution[]:core.v1.PodAffinityTerm
core.v1.PodAffinityTerm labelSelector:meta.v1.LabelSelector matchLabelKeys[] mismatchLabelKeys[] namespaceSelector:meta.v1.LabelSelector namespaces[] topologyKey
core.v1.PodAntiAffinity preferredDuringSchedulingIgnoredDuringExecution[]:core.v1.WeightedPodAffinityTerm requiredDuringSchedulingIgnoredDuringExecution[]:core.v1.PodAffinityTerm
core.v1.PodCertificateProjection certificateChainPath credentialBundlePath keyPath keyType maxExpirationSeconds signerName
core.v1.PodDNSConfig nameservers[] options[]:core.v1.PodDNSConfigOption searches[]
core.v1.PodDNSConfigOption name value
core.v1.PodOS name
core.v1.PodReadinessGate conditionType
core.v1.PodResourceClaim name resourceClaimName resourceClaimTemplateName
core.v1.PodSchedulingGate name
core.v1.PodSecurityContext appArmorProfile:core.v1.AppArmorProfile fsGroup fsGroupChangePolicy runAsGroup runAsNonRoot runAsUser seLinuxChangePolicy seLinuxOptions:core.v1.SELinuxOptions seccompProfile:core.v1.SeccompProfile supplementalGroups[] supplementalGroupsPolicy sysctls[]:core.v1.Sysctl windowsOptions:core.v1.WindowsSecurityContextOptions
core.v1.PodSpec activeDeadlineSeconds affinity:core.v1.Affinity automountServiceAccountToken containers[name]:core.v1.Container dnsConfig:core.v1.PodDNSConfig dnsPolicy enableServiceLinks ephemeralContainers[name]:core.v1.EphemeralContainer hostAliases[ip]:core.v1.HostAlias hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets[name]:core.v1.LocalObjectReference initContainers[name]:core.v1.Container nodeName nodeSelector os:core.v1.PodOS overhead preemptionPolicy priority priorityClassName readinessGates[]:core.v1.PodReadinessGate resourceClaims![name]:core.v1.PodResourceClaim resources:core.v1.ResourceRequirements restartPolicy runtimeClassName schedulerName schedulingGates[name]:core.v1.PodSchedulingGate securityContext:core.v1.PodSecurityContext serviceAccount serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations[]:core.v1.Toleration topologySpreadConstraints[topologyKey]:core.v1.TopologySpreadConstraint volumes![name]:core.v1.Volume
core.v1.PodTemplate apiVersion kind metadata:meta.v1.ObjectMeta template:core.v1.PodTemplateSpec
core.v1.PodTemplateSpec metadata:meta.v1.ObjectMeta spec:core.v1.PodSpec
core.v1.PortworxVolumeSource fsType readOnly volumeID
core.v1.PreferredSchedulingTerm preference:core.v1.NodeSelectorTerm weight
core.v1.Probe exec:core.v1.ExecAction failureThreshold grpc:core.v1.GRPCAction httpGet:core.v1.HTTPGetAction initialDelaySeconds periodSeconds successThreshold tcpSocket:core.v1.TCPSocketAction terminationGracePeriodSeconds timeoutSeconds
core.v1.ProjectedVolumeSource defaultMode sources[]:core.v1.VolumeProjection
core.v1.QuobyteVolumeSource group readOnly registry tenant user volume
core.v1.RBDPersistentVolumeSource fsType image keyring monitors[] pool readOnly secretRef:core.v1.SecretReference user
core.v1.RBDVolumeSource fsType image keyring monitors[] pool readOnly secretRef:core.v1.LocalObjectReference user
core.v1.ReplicationController apiVersion kind metadata:meta.v1.ObjectMeta spec:core.v1.ReplicationControllerSpec status
core.v1.ReplicationControllerSpec minReadySeconds replicas selector template:core.v1.PodTemplateSpec
core.v1.ResourceClaim name request
core.v1.ResourceFieldSelector containerName divisor resource
core.v1.ResourceQuota apiVersion kind metadata:meta.v1.ObjectMeta spec:core.v1.ResourceQuotaSpec status
core.v1.ResourceQuotaSpec hard scopeSelector:core.v1.ScopeSelector scopes[]
core.v1.ResourceRequirements claims[]:core.v1.ResourceClaim limits requests
core.v1.SELinuxOptions level role type user
core.v1.ScaleIOPersistentVolumeSource fsType gateway protectionDomain readOnly secretRef:core.v1.SecretReference sslEnabled storageMode storagePool system volumeName
core.v1.ScaleIOVolumeSource fsType gateway protectionDomain readOnly secretRef:core.v1.LocalObjectReference sslEnabled storageMode storagePool system volumeName
core.v1.ScopeSelector matchExpressions[]:core.v1.ScopedResourceSelectorRequirement
core.v1.ScopedResourceSelectorRequirement operator scopeName values[]
core.v1.SeccompProfile localhostProfile type
core.v1.Secret apiVersion data immutable kind metadata:meta.v1.ObjectMeta stringData type
core.v1.SecretEnvSource name optional
core.v1.SecretKeySelector key name optional
core.v1.SecretProjection items[]:core.v1.KeyToPath name optional
core.v1.SecretReference name namespace
core.v1.SecretVolumeSource defaultMode items[]:core.v1.KeyToPath optional secretName
core.v1.SecurityContext allowPrivilegeEscalation appArmorProfile:core.v1.AppArmorProfile capabilities:core.v1.Capabilities privileged procMount readOnlyRootFilesystem runAsGroup runAsNonRoot runAsUser seLinuxOptions:core.v1.SELinuxOptions seccompProfile:core.v1.SeccompProfile windowsOptions:core.v1.WindowsSecurityContextOptions
core.v1.Service apiVersion kind metadata:meta.v1.ObjectMeta spec:core.v1.ServiceSpec status
core.v1.ServiceAccount apiVersion automountServiceAccountToken imagePullSecrets[]:core.v1.LocalObjectReference kind metadata:meta.v1.ObjectMeta secrets[name]:core.v1.ObjectReference
core.v1.ServiceAccountTokenProjection audience expirationSeconds path
core.v1.ServicePort appProtocol name nodePort port protocol targetPort
core.v1.ServiceSpec allocateLoadBalancerNodePorts clusterIP clusterIPs[] externalIPs[] externalName externalTrafficPolicy healthCheckNodePort internalTrafficPolicy ipFamilies[] ipFamilyPolicy loadBalancerClass loadBalancerIP loadBalancerSourceRanges[] ports[port]:core.v1.ServicePort publishNotReadyAddresses selector sessionAffinity sessionAffinityConfig:core.v1.SessionAffinityConfig trafficDistribution type
core.v1.SessionAffinityConfig clientIP:core.v1.ClientIPConfig
core.v1.SleepAction seconds
core.v1.StorageOSPersistentVolumeSource fsType readOnly secretRef:core.v1.ObjectReference volumeName volumeNamespace
core.v1.StorageOSVolumeSource fsType readOnly secretRef:core.v1.LocalObjectReference volumeName volumeNamespace
core.v1.Sysctl name value
core.v1.TCPSocketAction host port
core.v1.Taint effect key timeAdded value
core.v1.Toleration effect key operator tolerationSeconds value
core.v1.TopologySelectorLabelRequirement key values[]
core.v1.TopologySelectorTerm matchLabelExpressions[]:core.v1.TopologySelectorLabelRequirement
core.v1.TopologySpreadConstraint labelSelector:meta.v1.LabelSelector matchLabelKeys[] maxSkew minDomains nodeAffinityPolicy nodeTaintsPolicy topologyKey whenUnsatisfiable
core.v1.TypedLocalObjectReference apiGroup kind name
core.v1.TypedObjectReference apiGroup kind name namespace
core.v1.Volume awsElasticBlockStore:core.v1.AWSElasticBlockStoreVolumeSource azureDisk:core.v1.AzureDiskVolumeSource azureFile:core.v1.AzureFileVolumeSource cephfs:core.v1.CephFSVolumeSource cinder:core.v1.CinderVolumeSource configMap:core.v1.ConfigMapVolumeSource csi:core.v1.CSIVolumeSource downwardAPI:core.v1.DownwardAPIVolumeSource emptyDir:core.v1.EmptyDirVolumeSource ephemeral:core.v1.EphemeralVolumeSource fc:core.v1.FCVolumeSource flexVolume:core.v1.FlexVolumeSource flocker:core.v1.FlockerVolumeSource gcePersistentDisk:core.v1.GCEPersistentDiskVolumeSource gitRepo:core.v1.GitRepoVolumeSource glusterfs:core.v1.GlusterfsVolumeSource hostPath:core.v1.HostPathVolumeSource image:core.v1.ImageVolumeSource iscsi:core.v1.ISCSIVolumeSource name nfs:core.v1.NFSVolumeSource persistentVolumeClaim:core.v1.PersistentVolumeClaimVolumeSource photonPersistentDisk:core.v1.PhotonPersistentDiskVolumeSource portworxVolume:core.v1.PortworxVolumeSource projected:core.v1.ProjectedVolumeSource quobyte:core.v1.QuobyteVolumeSource rbd:core.v1.RBDVolumeSource scaleIO:core.v1.ScaleIOVolumeSource secret:core.v1.SecretVolumeSource storageos:core.v1.StorageOSVolumeSource vsphereVolume:core.v1.VsphereVirtualDiskVolumeSource
core.v1.VolumeDevice devicePath name
core.v1.VolumeMount mountPath mountPropagation name readOnly recursiveReadOnly subPath subPathExpr
core.v1.VolumeNodeAffinity required:core.v1.NodeSelector
core.v1.VolumeProjection clusterTrustBundle:core.v1.ClusterTrustBundleProjection configMap:core.v1.ConfigMapProjection downwardAPI:core.v1.DownwardAPIProjection podCertificate:core.v1.PodCertificateProjection secret:core.v1.SecretProjection serviceAccountToken:core.v1.ServiceAccountTokenProjection
core.v1.VolumeResourceRequirements limits requests
core.v1.VsphereVirtualDiskVolumeSource fsType storagePolicyID storagePolicyName volumePath
core.v1.WeightedPodAffinityTerm podAffinityTerm:core.v1.PodAffinityTerm weight
core.v1.WindowsSecurityContextOptions gmsaCredentialSpec gmsaCredentialSpecName hostProcess runAsUserName
discovery.v1.Endpoint addresses[] conditions:discovery.v1.EndpointConditions deprecatedTopology hints:discovery.v1.EndpointHints hostname nodeName targetRef:core.v1.ObjectReference zone
discovery.v1.EndpointConditions ready serving terminating
discovery.v1.EndpointHints forNodes[]:discovery.v1.ForNode forZones[]:discovery.v1.ForZone
discovery.v1.EndpointPort appProtocol name port protocol
discovery.v1.EndpointSlice addressType apiVersion endpoints[]:discovery.v1.Endpoint kind metadata:meta.v1.ObjectMeta ports[]:discovery.v1.EndpointPort
discovery.v1.ForNode name
discovery.v1.ForZone name
meta.v1.LabelSelector matchExpressions[]:meta.v1.LabelSelectorRequirement matchLabels
meta.v1.LabelSelectorRequirement key operator values[]
meta.v1.ManagedFieldsEntry apiVersion fieldsType fieldsV1 manager operation subresource time
meta.v1.ObjectMeta annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers[+] generateName generation labels managedFields[]:meta.v1.ManagedFieldsEntry name namespace ownerReferences[uid]:meta.v1.OwnerReference resourceVersion selfLink uid
meta.v1.OwnerReference apiVersion blockOwnerDeletion controller kind name uid
networking.v1.HTTPIngressPath backend:networking.v1.IngressBackend path pathType
networking.v1.HTTPIngressRuleValue paths[]:networking.v1.HTTPIngressPath
networking.v1.IPAddress apiVersion kind metadata:meta.v1.ObjectMeta spec:networking.v1.IPAddressSpec
networking.v1.IPAddressSpec parentRef:networking.v1.ParentReference
networking.v1.IPBlock cidr except[]
networking.v1.Ingress apiVersion kind metadata:meta.v1.ObjectMeta spec:networking.v1.IngressSpec status
networking.v1.IngressBackend resource:core.v1.TypedLocalObjectReference service:networking.v1.IngressServiceBackend
networking.v1.IngressClass apiVersion kind metadata:meta.v1.ObjectMeta spec:networking.v1.IngressClassSpec
networking.v1.IngressClassParametersReference apiGroup kind name namespace scope
networking.v1.IngressClassSpec controller parameters:networking.v1.IngressClassParametersReference
networking.v1.IngressRule host http:networking.v1.HTTPIngressRuleValue
networking.v1.IngressServiceBackend name port:networking.v1.ServiceBackendPort
networking.v1.IngressSpec defaultBackend:networking.v1.IngressBackend ingressClassName rules[]:networking.v1.IngressRule tls[]:networking.v1.IngressTLS
networking.v1.IngressTLS hosts[] secretName
networking.v1.NetworkPolicy apiVersion kind metadata:meta.v1.ObjectMeta spec:networking.v1.NetworkPolicySpec
networking.v1.NetworkPolicyEgressRule ports[]:networking.v1.NetworkPolicyPort to[]:networking.v1.NetworkPolicyPeer
networking.v1.NetworkPolicyIngressRule from[]:networking.v1.NetworkPolicyPeer ports[]:networking.v1.NetworkPolicyPort
networking.v1.NetworkPolicyPeer ipBlock:networking.v1.IPBlock namespaceSelector:meta.v1.LabelSelector podSelector:meta.v1.LabelSelector
networking.v1.NetworkPolicyPort endPort port protocol
networking.v1.NetworkPolicySpec egress[]:networking.v1.NetworkPolicyEgressRule ingress[]:networking.v1.NetworkPolicyIngressRule podSelector:meta.v1.LabelSelector policyTypes[]
networking.v1.ParentReference group name namespace resource
networking.v1.ServiceBackendPort name number
networking.v1.ServiceCIDR apiVersion kind metadata:meta.v1.ObjectMeta spec:networking.v1.ServiceCIDRSpec status
networking.v1.ServiceCIDRSpec cidrs[]
policy.v1.PodDisruptionBudget apiVersion kind metadata:meta.v1.ObjectMeta spec:policy.v1.PodDisruptionBudgetSpec status
policy.v1.PodDisruptionBudgetSpec maxUnavailable minAvailable selector:meta.v1.LabelSelector unhealthyPodEvictionPolicy
rbac.v1.AggregationRule clusterRoleSelectors[]:meta.v1.LabelSelector
rbac.v1.ClusterRole aggregationRule:rbac.v1.AggregationRule apiVersion kind metadata:meta.v1.ObjectMeta rules[]:rbac.v1.PolicyRule
rbac.v1.ClusterRoleBinding apiVersion kind metadata:meta.v1.ObjectMeta roleRef:rbac.v1.RoleRef subjects[]:rbac.v1.Subject
rbac.v1.PolicyRule apiGroups[] nonResourceURLs[] resourceNames[] resources[] verbs[]
rbac.v1.Role apiVersion kind metadata:meta.v1.ObjectMeta rules[]:rbac.v1.PolicyRule
rbac.v1.RoleBinding apiVersion kind metadata:meta.v1.ObjectMeta roleRef:rbac.v1.RoleRef subjects[]:rbac.v1.Subject
rbac.v1.RoleRef apiGroup kind name
rbac.v1.Subject apiGroup kind name namespace
scheduling.v1.PriorityClass apiVersion description globalDefault kind metadata:meta.v1.ObjectMeta preemptionPolicy value
storage.v1.CSIDriver apiVersion kind metadata:meta.v1.ObjectMeta spec:storage.v1.CSIDriverSpec
storage.v1.CSIDriverSpec attachRequired fsGroupPolicy nodeAllocatableUpdatePeriodSeconds podInfoOnMount requiresRepublish seLinuxMount storageCapacity tokenRequests[]:storage.v1.TokenRequest volumeLifecycleModes[]
storage.v1.CSINode apiVersion kind metadata:meta.v1.ObjectMeta spec:storage.v1.CSINodeSpec
storage.v1.CSINodeDriver allocatable:storage.v1.VolumeNodeResources name nodeID topologyKeys[]
storage.v1.CSINodeSpec drivers[name]:storage.v1.CSINodeDriver
storage.v1.CSIStorageCapacity apiVersion capacity kind maximumVolumeSize metadata:meta.v1.ObjectMeta nodeTopology:meta.v1.LabelSelector storageClassName
storage.v1.StorageClass allowVolumeExpansion allowedTopologies[]:core.v1.TopologySelectorTerm apiVersion kind metadata:meta.v1.ObjectMeta mountOptions[] parameters provisioner reclaimPolicy volumeBindingMode
storage.v1.TokenRequest audience expirationSeconds
storage.v1.VolumeAttachment apiVersion kind metadata:meta.v1.ObjectMeta spec:storage.v1.VolumeAttachmentSpec status
storage.v1.VolumeAttachmentSource inlineVolumeSpec:core.v1.PersistentVolumeSpec persistentVolumeName
storage.v1.VolumeAttachmentSpec attacher nodeName source:storage.v1.VolumeAttachmentSource
storage.v1.VolumeAttributesClass apiVersion driverName kind metadata:meta.v1.ObjectMeta parameters
storage.v1.VolumeNodeResources count
`;
