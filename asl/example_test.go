package asl_test

import (
	"fmt"

	"github.com/docflow-asl/docflow/asl"
)

func ExampleParse() {
	d := asl.Parse("flow.asl.json", []byte(`{
  "StartAt": "Extract",
  "States": {
    "Extract": {"Type": "Task", "Resouce": "${ExtractFunctionArn}", "Next": "Done"}
    "Done": {"Type": "Succeed"}
  }
}`))
	for _, p := range d.Problems {
		fmt.Println(p.Error())
	}
	asl.Walk(d.Machine, func(scope *asl.Scope, s asl.State) {
		fmt.Println(scope.StateLocation(s), s.Type(), "at line", s.Common().Source.Span.Start.Line)
	})
	// Output:
	// 4:33: "Resouce" is no field of a Task state; did you mean "Resource"?
	// 4:84: a comma is missing between two members
	// /States/Extract Task at line 4
	// /States/Done Succeed at line 5
}

func ExampleMarshal() {
	m := &asl.Machine{
		StartAt: "Done",
		States:  []asl.State{&asl.SucceedState{StateFields: asl.StateFields{Name: "Done"}}},
	}
	fmt.Print(string(asl.Marshal(m)))
	// Output:
	// {
	//   "StartAt": "Done",
	//   "States": {
	//     "Done": {
	//       "Type": "Succeed"
	//     }
	//   }
	// }
}
