// Command pulumi-language-nodejs is the Node language host for machines on which the one that ships
// with the Pulumi CLI is not to be had. It serves the public LanguageRuntime protocol and starts the
// runners of the npm package @pulumi/pulumi, as the shipped one does.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The exit code with which @pulumi/pulumi says that it has already told the user what went wrong.
const alreadyReported = 32

func main() {
	if len(os.Args) < 2 {
		fail(errors.New("usage: pulumi-language-nodejs <engine address>"))
	}
	host := &host{engine: os.Args[len(os.Args)-1]}
	// An engine that is killed takes nobody along: the host ends by itself when the engine answers no more.
	stop := make(chan bool)
	err := rpcutil.Healthcheck(context.Background(), host.engine, 5*time.Second, func() { close(stop) })
	if err != nil {
		fail(err)
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Cancel: stop, Init: func(server *grpc.Server) error {
		pulumirpc.RegisterLanguageRuntimeServer(server, host)
		return nil
	}})
	if err != nil {
		fail(err)
	}
	fmt.Println(handle.Port)
	if err := <-handle.Done; err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "pulumi-language-nodejs:", err)
	os.Exit(1)
}

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine string
}

func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engine = request.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "3.259.0"}, nil
}

func (h *host) About(context.Context, *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	version, err := exec.Command(node, "--version").Output()
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: node, Version: strings.TrimSpace(string(version))}, nil
}

// manifest is what a host reads of a package.json.
type manifest struct {
	Name            string            `json:"name"`
	Version         string            `json:"version"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
	Pulumi          *struct {
		Resource         bool   `json:"resource"`
		Name             string `json:"name"`
		Version          string `json:"version"`
		Server           string `json:"server"`
		Parameterization *struct {
			Name    string `json:"name"`
			Version string `json:"version"`
			Value   []byte `json:"value"`
		} `json:"parameterization"`
	} `json:"pulumi"`
}

func readManifest(directory string) (*manifest, error) {
	text, err := os.ReadFile(filepath.Join(directory, "package.json"))
	if err != nil {
		return nil, err
	}
	var result manifest
	if err := json.Unmarshal(text, &result); err != nil {
		return nil, fmt.Errorf("%s/package.json: %w", directory, err)
	}
	return &result, nil
}

// installed finds a dependency the way Node does: in node_modules of the folder or of one above it.
func installed(directory, name string) (*manifest, error) {
	for {
		found, err := readManifest(filepath.Join(directory, "node_modules", name))
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return found, err
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return nil, os.ErrNotExist
		}
		directory = parent
	}
}

func (h *host) GetRequiredPackages(
	_ context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	directory := request.GetInfo().GetProgramDirectory()
	program, err := readManifest(directory)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetRequiredPackagesResponse{}
	for _, name := range sortedKeys(program.Dependencies, program.DevDependencies) {
		found, err := installed(directory, name)
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%s is not installed: run npm install", name)
		} else if err != nil {
			return nil, err
		}
		if found.Pulumi == nil || !found.Pulumi.Resource {
			continue
		}
		dependency := &pulumirpc.PackageDependency{
			Kind: "resource", Name: found.Pulumi.Name, Version: found.Pulumi.Version, Server: found.Pulumi.Server,
		}
		if dependency.Name == "" {
			dependency.Name = strings.TrimPrefix(found.Name, "@pulumi/")
		}
		if dependency.Version == "" {
			dependency.Version = found.Version
		}
		if p := found.Pulumi.Parameterization; p != nil {
			dependency.Parameterization = &pulumirpc.PackageParameterization{
				Name: p.Name, Version: p.Version, Value: p.Value,
			}
		}
		response.Packages = append(response.Packages, dependency)
	}
	return response, nil
}

func (h *host) GetProgramDependencies(
	_ context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	directory := request.GetInfo().GetProgramDirectory()
	program, err := readManifest(directory)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, name := range sortedKeys(program.Dependencies, program.DevDependencies) {
		if found, err := installed(directory, name); err == nil {
			response.Dependencies = append(response.Dependencies,
				&pulumirpc.DependencyInfo{Name: name, Version: found.Version})
		}
	}
	return response, nil
}

func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	// A program reads an object and a list, also when nothing is configured.
	values, secretNames := request.GetConfig(), request.GetConfigSecretKeys()
	if values == nil {
		values = map[string]string{}
	}
	if secretNames == nil {
		secretNames = []string{}
	}
	config, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(secretNames)
	if err != nil {
		return nil, err
	}
	info := request.GetInfo()
	arguments := []string{
		"--monitor=" + request.GetMonitorAddress(),
		"--engine=" + h.engine,
		"--organization=" + request.GetOrganization(),
		"--project=" + request.GetProject(),
		"--root-directory=" + info.GetRootDirectory(),
		"--stack=" + request.GetStack(),
		"--pwd=" + request.GetPwd(),
		"--parallel=" + strconv.Itoa(int(request.GetParallel())),
	}
	if request.GetDryRun() {
		arguments = append(arguments, "--dry-run=true")
	}
	arguments = append(arguments, info.GetEntryPoint())
	arguments = append(arguments, request.GetArgs()...)
	command, err := h.runner(ctx, info, "run", arguments)
	if err != nil {
		return nil, err
	}
	command.Env = append(command.Env,
		"PULUMI_CONFIG="+string(config), "PULUMI_CONFIG_SECRET_KEYS="+string(secretKeys))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	switch code, err := finish(command); {
	case err != nil:
		return nil, err
	case code == alreadyReported:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case code != 0:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program exited with code %d", code)}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}

// RunPlugin starts a policy pack (kind "analyzer") and passes on what it prints, its port first of all.
func (h *host) RunPlugin(
	request *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	info := request.GetInfo()
	runner, directory := "run-plugin", request.GetPwd()
	arguments := append([]string{info.GetProgramDirectory()}, request.GetArgs()...)
	if request.GetKind() == "analyzer" {
		// The pack's runner wants the engine's address first and the pack last, and runs in the pack's folder: the
		// SDK reads the version of the package.json there.
		runner, directory = "run-policy-pack", info.GetProgramDirectory()
		arguments = append(append([]string{}, request.GetArgs()...), directory)
	}
	command, err := h.runner(server.Context(), info, runner, arguments)
	if err != nil {
		return err
	}
	command.Dir = directory
	command.Env = append(command.Env, request.GetEnv()...)
	command.Stdout = writer(func(text []byte) error {
		return server.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: text}})
	})
	command.Stderr = writer(func(text []byte) error {
		return server.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: text}})
	})
	code, err := finish(command)
	if err != nil {
		return err
	}
	return server.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(code)},
	})
}

// InstallDependencies runs npm in the program's folder.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	command := exec.CommandContext(server.Context(), "npm", "install")
	command.Dir = request.GetInfo().GetProgramDirectory()
	command.Stdout = writer(func(text []byte) error {
		return server.Send(&pulumirpc.InstallDependenciesResponse{Stdout: text})
	})
	command.Stderr = writer(func(text []byte) error {
		return server.Send(&pulumirpc.InstallDependenciesResponse{Stderr: text})
	})
	return command.Run()
}

// runner prepares `node …/@pulumi/pulumi/cmd/<name>` with the runtime options of Pulumi.yaml.
func (h *host) runner(
	ctx context.Context, info *pulumirpc.ProgramInfo, name string, arguments []string,
) (*exec.Cmd, error) {
	options := info.GetOptions().AsMap()
	resolve := exec.Command("node", "-p", `require.resolve("@pulumi/pulumi/cmd/`+name+`")`)
	resolve.Dir = info.GetProgramDirectory()
	path, err := resolve.Output()
	if err != nil {
		return nil, fmt.Errorf("@pulumi/pulumi is not installed in %s: run npm install", resolve.Dir)
	}
	nodeArguments := []string{}
	if given, ok := options["nodeargs"].(string); ok {
		nodeArguments = strings.Fields(given)
	}
	nodeArguments = append(nodeArguments, strings.TrimSpace(string(path)))
	command := exec.CommandContext(ctx, "node", append(nodeArguments, arguments...)...)
	command.Dir = info.GetProgramDirectory()
	command.Env = append(os.Environ(), "PULUMI_NODEJS_TYPESCRIPT="+strconv.FormatBool(options["typescript"] != false))
	if tsconfig, ok := options["tsconfig"].(string); ok {
		command.Env = append(command.Env, "PULUMI_NODEJS_TSCONFIG_PATH="+tsconfig)
	}
	return command, nil
}

// finish runs a command to its end and tells an exit code from a failure to run at all.
func finish(command *exec.Cmd) (int, error) {
	err := command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

type writer func([]byte) error

func (w writer) Write(text []byte) (int, error) {
	return len(text), w(append([]byte(nil), text...))
}

func sortedKeys(maps ...map[string]string) []string {
	keys := []string{}
	for _, m := range maps {
		for key := range m {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return keys
}
