import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import { DEFAULT_BRAND, type Builtins } from "../builtin";

export interface BrandArgs {
  readonly builtins: Builtins;
  /** Uuid of the recovery flow; without it no reset link can be made. */
  readonly recoveryFlow: pulumi.Input<string>;
}

/**
 * The brand that Authentik ships, adopted for its recovery flow alone. The provider writes whole objects, so every
 * value that a look-up tells is handed back as it was found. It tells neither `attributes` nor `flowLockdown`: what was
 * set there by hand is reset.
 */
export class Brand extends pulumi.ComponentResource {
  constructor(name: string, args: BrandArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:Brand", name, {}, opts);
    const { brand } = args.builtins;
    // A look-up answers an empty string where there is none.
    const kept = (value: string) => value || undefined;
    new authentik.Brand(
      DEFAULT_BRAND,
      {
        domain: DEFAULT_BRAND,
        default: true,
        brandingTitle: brand.brandingTitle,
        brandingLogo: brand.brandingLogo,
        brandingFavicon: brand.brandingFavicon,
        brandingCustomCss: brand.brandingCustomCss,
        brandingDefaultFlowBackground: brand.brandingDefaultFlowBackground,
        flowAuthentication: kept(brand.flowAuthentication),
        flowInvalidation: kept(brand.flowInvalidation),
        flowUserSettings: kept(brand.flowUserSettings),
        flowUnenrollment: kept(brand.flowUnenrollment),
        flowDeviceCode: kept(brand.flowDeviceCode),
        defaultApplication: kept(brand.defaultApplication),
        webCertificate: kept(brand.webCertificate),
        clientCertificates: brand.clientCertificates?.length ? brand.clientCertificates : undefined,
        flowRecovery: args.recoveryFlow,
      },
      { parent: this, import: brand.id, protect: true, retainOnDelete: true },
    );
    this.registerOutputs({});
  }
}
