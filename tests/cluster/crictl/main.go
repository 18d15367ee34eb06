// Command crictl runs k3s' crictl, which is a library there.
package main

import crictl "sigs.k8s.io/cri-tools/cmd/crictl"

func main() { crictl.Main() }
