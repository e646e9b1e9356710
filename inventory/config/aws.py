"""`aws` in the configuration."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from inventory.config.services import Service, check_services, needs
from inventory.config.values import Duration, File, Refused, Section, WebAddress


class WebIdentity(Section):
    """An AWS role that is assumed with a token."""

    role_arn: str
    role_session_name: str = "inventory"
    duration: Duration | None = None
    """How long the temporary credentials hold; AWS decides when absent."""


class KubeSaToken(WebIdentity):
    """The token of a Kubernetes service account, asked for with a TokenRequest."""

    kubeconfig: File | None = None
    """Absent: the cluster that we run in."""
    namespace: str
    service_account: str
    audiences: tuple[str, ...] = ()


class TokenFile(WebIdentity):
    """A token in a file, such as a projected service account token."""

    path: File


class AwsCredentials(Section):
    """How to authenticate at one AWS account."""

    token_retriever: Literal["none", "kube_sa_token", "token_file", "static"]
    """`none` is the SDK's own chain: environment, shared files, instance profile."""
    profile: str | None = None
    """For `none`: the profile of the shared files; the default one when absent."""
    kube_sa_token: KubeSaToken | None = None
    token_file: TokenFile | None = None
    access_key_id: str | None = None
    """For `static`."""
    secret_access_key: SecretStr | None = None
    """For `static`."""
    session_token: SecretStr | None = None
    """For `static`, if the key is a temporary one."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        chosen = self.token_retriever
        wanted = {"none": (), "static": ("access_key_id", "secret_access_key")}
        needs(self, f"token_retriever {chosen}", wanted.get(chosen, (chosen,)))
        return self


class AwsServices(Section):
    """Which credentials each service is read with."""

    ec2: Service = Service()
    elb: Service = Service()
    elbv2: Service = Service()
    s3: Service = Service()
    route53: Service = Service()


class AwsConfig(Section):
    """Amazon Web Services."""

    is_enabled: bool = False
    region: str | None = None
    """Where the first call goes; all enabled regions are collected."""
    default_region: str | None = None
    """Taken when `region` is absent."""
    app_id: str = "inventory"
    endpoint: WebAddress | None = None
    """Instead of AWS's own addresses: a proxy, a private endpoint, the simulator."""
    excluded_regions: tuple[str, ...] = ()
    services: AwsServices = AwsServices()
    credentials: dict[str, AwsCredentials] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.is_enabled and not (self.region or self.default_region):
            raise Refused(("region", "needed when the source is enabled, such as eu-central-1"))
        check_services(self.services, self.credentials, self.is_enabled)
        return self
