package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/zikr-app/zikr/internal/limit"
)

// unfit is the sentence of a setting whose value cannot be used. name is its variable or its flag, must says
// what is taken, and example is a value that is.
func unfit(name string, value any, must, example string) error {
	return fmt.Errorf("%s is %q: it must be %s, like %s=%s", name, fmt.Sprint(value), must, name, example)
}

// explained is a mapper that keeps what could not be read, so that a sentence can be made of it: kong's own
// errors name the flag although a variable was set, and have no example.
type explained struct {
	kong.Mapper
	value *kong.Value
	bad   *[]badValue
}

// badValue is one that could not be read.
type badValue struct {
	flag    *kong.Value
	value   string
	missing bool // there is none
	err     error
}

// Decode implements kong.Mapper.
func (e explained) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	value := ctx.Scan.Peek()
	err := e.Mapper.Decode(ctx, target)
	if err != nil {
		*e.bad = append(*e.bad, badValue{e.value, value.String(), value.IsEOL(), err})
	}
	return err
}

// explainFlags makes all flags of all commands remember what they could not read.
func explainFlags(app *kong.Application) *[]badValue {
	bad := new([]badValue)
	for _, leaf := range app.Leaves(false) {
		for _, flag := range leaf.Flags {
			flag.Mapper = explained{flag.Mapper, flag.Value, bad}
		}
	}
	return bad
}

// parseAll reads the command line. A forgiving command is read without the variables that cannot be used: faults says
// what is wrong with them.
func parseAll(parser *kong.Kong, args []string, bad *[]badValue) (command *kong.Context, faults []error, err error) {
	for {
		command, err = parser.Parse(args)
		if err == nil {
			return command, faults, nil
		}
		name, sentence := explain(err, *bad)
		if _, set := os.LookupEnv(name); !set || !isForgiving(err) {
			return nil, nil, sentence
		}
		if err := os.Unsetenv(name); err != nil {
			return nil, nil, fmt.Errorf("unset %s: %w", name, err)
		}
		faults, *bad = append(faults, sentence), nil
	}
}

// isForgiving reports whether the command that could not be read is a forgiving one.
func isForgiving(err error) bool {
	var failed *kong.ParseError
	if !errors.As(err, &failed) || failed.Context == nil || failed.Context.Selected() == nil {
		return false
	}
	_, ok := failed.Context.Selected().Target.Addr().Interface().(forgiving)
	return ok
}

// explain makes a sentence of kong's error, where it is about a value. variable is the one that holds it, "" for
// none.
func explain(err error, bad []badValue) (variable string, sentence error) {
	for _, b := range bad {
		if !strings.Contains(err.Error(), b.err.Error()) || !strings.Contains(err.Error(), "--"+b.flag.Name) {
			continue
		}
		name := "--" + b.flag.Name
		if strings.Contains(err.Error(), "(from envar ") {
			variable = b.flag.Tag.Envs[0]
			name = variable
		}
		if b.missing {
			return variable, fmt.Errorf("%s has no value: give it one, like %s=%s", name, name, exampleOf(b.flag))
		}
		value := strings.TrimPrefix(b.value, `"`)
		return variable, unfit(name, strings.TrimSuffix(value, `"`), kindOf(b.flag.Target.Type(), b.value), exampleOf(b.flag))
	}
	return "", err
}

// exampleOf is a value that a setting takes.
func exampleOf(v *kong.Value) string {
	switch {
	case v.HasDefault:
		return v.Default
	case v.Flag != nil && v.Flag.PlaceHolder != "":
		return v.Flag.PlaceHolder
	case v.Target.Kind() == reflect.Bool:
		return "true"
	default:
		return strings.ToUpper(v.Name)
	}
}

// taken says what a type of setting takes, where the type itself knows best.
type taken interface{ takes() string }

// kindOf says what a setting of a type takes.
func kindOf(t reflect.Type, value string) string {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if kind, ok := reflect.Zero(t).Interface().(taken); ok {
		return kind.takes()
	}
	switch t {
	case reflect.TypeFor[time.Duration]():
		if hours, ok := inHours(value); ok {
			return "a time in hours (h), minutes (m), seconds (s) or milliseconds (ms), so " + hours + " here"
		}
		return "a time with its unit: hours (h), minutes (m), seconds (s) or milliseconds (ms)"
	case reflect.TypeFor[slog.Level]():
		return "debug, info, warn or error"
	case reflect.TypeFor[limit.Most]():
		return "a number of 0 or more, a size with KB, MB or GB, or off"
	}
	if t.Kind() == reflect.Bool {
		return "true or false"
	}
	return "a whole number"
}

// inHours is what somebody meant who wrote days or weeks.
func inHours(value string) (string, bool) {
	m := regexp.MustCompile(`^"?(\d{1,5})([dw])"?$`).FindStringSubmatch(value)
	if m == nil {
		return "", false
	}
	n, _ := strconv.Atoi(m[1]) // five digits at most
	if m[2] == "w" {
		n *= 7
	}
	return fmt.Sprintf("%dh", n*24), true
}

// asGiven names settings in a sentence as they were given: those that came as flags by their flags.
func asGiven(err error, command *kong.Context) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	for _, path := range command.Path {
		if path.Flag != nil && !path.Resolved && len(path.Flag.Envs) > 0 {
			whole := regexp.MustCompile(regexp.QuoteMeta(path.Flag.Envs[0]) + `\b`)
			said = whole.ReplaceAllString(said, "--"+path.Flag.Name)
		}
	}
	if said == err.Error() {
		return err
	}
	return fmt.Errorf("%s", said)
}

// Kubernetes gives each container variables of each service of its namespace, and those of one that is named
// zikr, or zikr-web, begin as our settings do.
var kubernetes = regexp.MustCompile(`^ZIKR_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// isOfKubernetes reports whether a variable is none of our settings but one of a Kubernetes service.
func isOfKubernetes(name, value string) bool {
	if kubernetes.MatchString(name) {
		return true
	}
	scheme, _, found := strings.Cut(value, "://")
	return strings.HasSuffix(name, "_PORT") && found && (scheme == "tcp" || scheme == "udp" || scheme == "sctp")
}

// sources says where settings came from that are now in the environment.
type sources struct {
	file   string            // of settings; "" for none
	inFile map[string]bool   // those that stand in it and were not in the environment
	files  map[string]string // by secret: the file that holds it
}

// of says where the setting of a variable came from.
func (s sources) of(name string) string {
	switch _, set := os.LookupEnv(name); {
	case s.files[name] != "":
		return s.files[name]
	case s.inFile[name]:
		return s.file
	case set:
		return "environment"
	}
	return "default"
}

// secretFiles are variables NAME_FILE, for each secret NAME: they name a file that holds it.
const secretFiles = "_FILE"

// readSecretFiles puts the secrets that stand in files into the environment.
func (s *sources) readSecretFiles(names []string) error {
	s.files = map[string]string{}
	for _, name := range names {
		path := os.Getenv(name + secretFiles)
		if path == "" || s.files[name] != "" { // several commands have it
			continue
		}
		if _, set := os.LookupEnv(name); set {
			return fmt.Errorf("%s and %s%s are both set: keep the one that you mean, and unset the other", name, name, secretFiles)
		}
		data, err := os.ReadFile(path) // #nosec G304 G703 -- the operator names it
		if err != nil {
			return fmt.Errorf("read the file that %s%s names: %w; it must be one that this user can read, like %s%s=/run/secrets/zikr", name, secretFiles, err, name, secretFiles)
		}
		value := bare(string(data))
		if value == "" {
			return fmt.Errorf("%s%s is %q: the file is empty; write the secret into it, or unset %s%s", name, secretFiles, path, name, secretFiles)
		}
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("%s%s: %w", name, secretFiles, err)
		}
		s.files[name] = path
	}
	return nil
}

// secretNames are the variables of secrets.
func secretNames(app *kong.Application) []string {
	var names []string
	for _, leaf := range app.Leaves(false) {
		for _, flag := range leaf.Flags {
			if flag.Target.Type() == reflect.TypeFor[Secret]() && len(flag.Envs) > 0 {
				names = append(names, flag.Envs[0])
			}
		}
	}
	return names
}
