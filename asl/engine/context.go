package engine

import "github.com/docflow-asl/docflow/asl/value"

// contextObject is what `$$` stands for in the thread's current state. It is made when first asked for.
func (t *thread) contextObject() value.Value {
	if t.context != nil {
		return t.context
	}
	if given := t.x.probe.contextObject(t); given != nil {
		return given
	}
	execution, machine := t.x.contextObjects()
	state := []value.Member{
		{Name: "Name", Value: value.String(t.state.name)},
		{Name: "EnteredTime", Value: value.String(contextTime(t.enteredAt))},
	}
	if t.state.errors != nil {
		state = append(state, value.Member{Name: "RetryCount", Value: value.Int(t.retries)})
	}
	members := []value.Member{
		{Name: "Execution", Value: execution},
		{Name: "StateMachine", Value: machine},
		{Name: "State", Value: value.NewObject(state...)},
	}
	if t.item != nil {
		members = append(members, value.Member{Name: "Map", Value: t.item.contextObject()})
	}
	if t.token != "" {
		members = append(members, value.Member{Name: "Task", Value: value.NewObject(value.Member{Name: "Token", Value: value.String(t.token)})})
	}
	t.context = value.NewObject(members...)
	return t.context
}

func (i *mapItem) contextObject() value.Value {
	members := []value.Member{{Name: "Index", Value: value.Int(i.index)}, {Name: "Value", Value: i.value}}
	if i.hasKey {
		members = append(members, value.Member{Name: "Key", Value: value.String(i.key)})
	}
	if i.source != "" {
		members = append(members, value.Member{Name: "Source", Value: value.String(i.source)})
	}
	return value.NewObject(value.Member{Name: "Item", Value: value.NewObject(members...)})
}

// contextObjects are the parts of the context object that are the same for the whole execution.
func (x *execution) contextObjects() (execution, machine value.Value) {
	if x.contextParts[0] == nil {
		members := []value.Member{
			{Name: "Id", Value: value.String(x.ExecutionArn)},
			{Name: "Input", Value: x.Input},
			{Name: "StartTime", Value: value.String(contextTime(x.StartTime))},
			{Name: "Name", Value: value.String(x.Name)},
			{Name: "RoleArn", Value: value.String(x.opts.RoleArn)},
		}
		if x.opts.Type == Express { // in another order (recorded)
			members = append(append(members[:2:2], members[3:]...), members[2])
		}
		if !x.opts.Sync { // recorded
			members = append(members, value.Member{Name: "RedriveCount", Value: value.Int(x.RedriveCount)})
		}
		if !x.RedriveTime.IsZero() {
			members = append(members, value.Member{Name: "RedriveTime", Value: value.String(contextTime(x.RedriveTime))})
		}
		x.contextParts[0] = value.NewObject(members...)
		x.contextParts[1] = value.NewObject(
			value.Member{Name: "Id", Value: value.String(x.opts.StateMachineArn)},
			value.Member{Name: "Name", Value: value.String(x.opts.StateMachineName)},
		)
	}
	return x.contextParts[0], x.contextParts[1]
}
