// A vCenter of VMware's own simulator, whose guests have VMware Tools but for VM1 of each place. Prints its URL and the file
// of its certificate; ends with its input.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

func main() {
	model := simulator.VPX()
	defer model.Remove()
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}
	for _, each := range model.Map().All("VirtualMachine") {
		if vm := each.(*simulator.VirtualMachine); !strings.HasSuffix(vm.Name, "VM1") {
			vm.Guest.ToolsRunningStatus = string(types.VirtualMachineToolsRunningStatusGuestToolsRunning)
		}
	}
	model.Service.TLS = new(tls.Config)
	model.Service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword(os.Args[1], os.Args[2])}
	server := model.Service.NewServer()
	defer server.Close()
	certificate, err := server.CertificateFile()
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(certificate)
	shown := *server.URL
	shown.User = nil
	fmt.Println(shown.String(), certificate)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
